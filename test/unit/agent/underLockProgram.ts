import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { AgentError } from "../../../agent/errors.ts";
import { underLock } from "../../../agent/system/underLock.ts";

/** A program with one lock, as `hapair` is: LOCK JOURNAL NAME. It ends when stdin does, with 0 or underLock's status. */
const [lock = "", journal = "", name = ""] = process.argv.slice(2);
const note = (what: string) => appendFileSync(journal, `${name} ${what}\n`);

try {
  process.exitCode = await underLock(lock, async () => {
    note("begins");
    await once(process.stdin.resume(), "end");
    note("ends");
    return 0;
  });
} catch (error) {
  if (!(error instanceof AgentError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitStatus;
}
