import { PassThrough } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { arrived } from "../../../../agent/commands/apply.ts";
import { exitStatuses } from "../../../../agent/errors.ts";
import { readBundle } from "../../../../agent/store/readBundle.ts";
import { bundle } from "./scratchHost.ts";

test("a bundle whose sender stops is refused as incomplete", async () => {
  const stream = new PassThrough();
  stream.write("half a bun");
  await expect(arrived(stream, 100)).rejects.toMatchObject({
    exitStatus: exitStatuses.badInput,
    message: "the bundle did not arrive completely: nothing came for 0.1 s after 10 bytes, send it again",
  });
  expect(stream.destroyed, "an open stream keeps the program from ending").toBe(true);
});

test("a bundle that arrives slowly is accepted: only a pause has a limit", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const stream = new PassThrough();
  const whole = arrived(stream, 60_000);
  for (let part = 0; part < 5; part++) {
    stream.write("x");
    await setImmediate();
    vi.advanceTimersByTime(40_000);
  }
  stream.end("end");
  expect((await whole).toString()).toBe("xxxxxend");
  vi.useRealTimers();
});

const changed = (change: (whole: ReturnType<typeof JSON.parse>) => void): Buffer => {
  const whole = JSON.parse(bundle("one").toString());
  change(whole);
  return Buffer.from(JSON.stringify(whole));
};

describe("a bundle is refused", () => {
  test("when its bytes are not the announced ones", () => {
    const { sha } = readBundle(bundle("one"), "haproxy1");
    expect(() => readBundle(bundle("two"), "haproxy1", sha)).toThrow(`expected ${sha}`);
  });

  test("when it is cut off at any byte", () => {
    const raw = bundle("one");
    for (let length = 0; length < raw.length; length += 7) {
      expect(() => readBundle(raw.subarray(0, length), "haproxy1")).toThrow("copy it again");
    }
  });

  test("when it is for another host", () => {
    expect(() => readBundle(bundle("one"), "haproxy2")).toThrow('for host "haproxy1", this is "haproxy2"');
  });

  test.each([
    "/etc/passwd",
    "../etc/passwd",
    "etc/../../etc/passwd",
    "etc/./x",
    "etc//x",
    "etc/x/",
    ".ssh/x",
    "etc/\nx",
  ])("when a path is %j", (path) => {
    expect(() =>
      readBundle(
        changed((whole) => (whole.files[0].path = path)),
        "haproxy1",
      ),
    ).toThrow("plain relative path");
  });

  test("when a path is inside the agent's store", () => {
    const raw = changed((whole) => (whole.files[0].path = "var/lib/hapair/current"));
    expect(() => readBundle(raw, "haproxy1")).toThrow("own store");
  });

  test("when a path is named twice, or is also a folder", () => {
    expect(() =>
      readBundle(
        changed((whole) => (whole.files[0].path = "etc/hapair/secret")),
        "haproxy1",
      ),
    ).toThrow("twice");
    expect(() =>
      readBundle(
        changed((whole) => (whole.files[0].path = "etc/hapair")),
        "haproxy1",
      ),
    ).toThrow("as a file and as the folder");
  });

  test("when the agent's config is wrong, without showing its values", () => {
    const raw = changed((whole) => {
      whole.files[0].path = "etc/hapair/agent.json";
      whole.files[0].text = JSON.stringify({ host: "haproxy1", pasword: "hunter2" });
    });
    const refuse = () => readBundle(raw, "haproxy1");
    expect(refuse).toThrow("pasword");
    expect(refuse).not.toThrow("hunter2");
  });
});

test("a bundle of an earlier version with more keys in its node's config is read, as it may be the live one", () => {
  const node = {
    virtualAddress: "10.0.1.100",
    runtimeSocket: "/r",
    masterSocket: "/m",
    serverStateFile: "/s",
  };
  const raw = changed((whole) => {
    whole.files[0].path = "etc/hapair/agent.json";
    whole.files[0].text = JSON.stringify({ host: "haproxy1", node: { ...node, interface: "host0" } });
  });
  expect(readBundle(raw, "haproxy1").config?.node).toEqual(node);
});
