import { expect, test } from "vitest";
import { alone } from "../../../../../agent/routes/balanced/alone.ts";
import { scratchFolder } from "../../haproxy/runtimeFixtures.ts";

test("a run of root's begins when the one before has ended, or says that this takes too long", async () => {
  using scratch = scratchFolder();
  const lock = `${scratch.path}/balance.lock`;
  const [begun, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const done: string[] = [];
  const first = alone(lock, async () => {
    begun.resolve();
    await ended.promise;
    done.push("first");
  });
  await begun.promise;
  const never = async () => {
    done.push("never");
  };
  await expect(alone(lock, never, 0)).rejects.toThrow("another run has been changing haproxy's servers");
  const second = alone(lock, async () => {
    done.push("second");
  });
  ended.resolve();
  await Promise.all([first, second]);
  expect(done).toEqual(["first", "second"]);
});
