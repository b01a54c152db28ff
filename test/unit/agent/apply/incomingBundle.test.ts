import { truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { arrived, readFile } from "../../../../agent/commands/bundleArgument.ts";
import { exitStatuses } from "../../../../agent/errors.ts";
import { readBundle } from "../../../../agent/store/readBundle.ts";
import { Failure } from "../../../../base/failure.ts";
import { scratchFolder } from "../haproxy/runtimeFixtures.ts";
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

test("a bundle that is too large is refused at the limit, and no more of it is read", async () => {
  const MiB = 1024 * 1024;
  let sent = 0;
  const large = Readable.from(
    (function* () {
      for (; sent < 32 * MiB; sent += MiB) yield Buffer.alloc(MiB);
    })(),
  );
  // Only the length: a failing test would print all bytes.
  const length = arrived(large, 60_000).then((bytes) => bytes.length);
  await expect(length).rejects.toMatchObject({
    exitStatus: exitStatuses.badInput,
    message: "the bundle is larger than 8 MiB, which no host's files are: see what was sent",
  });
  expect(large.destroyed).toBe(true);
  expect(sent).toBeLessThan(32 * MiB);
});

test.each([
  ["a key of 100 kB", { ["k".repeat(100_000)]: 1 }],
  ["a key that a terminal obeys", { "\u001b]0;x\u0007\u202e": 1 }],
  ["a host of many lines", { host: "a\u001b[2J".repeat(5000) }],
  ["a mode that cannot be compared", { units: { enabled: [{ length: { toString: 1 } }], disabled: [] } }],
])("a bundle with %s is refused in few words that a terminal only shows", (_, more) => {
  const refusal = refusalOf(() => readBundle(bundle("a", more as object), "haproxy1"));
  expect(refusal).toMatchObject({ exitStatus: exitStatuses.badInput });
  expect(refusal.message.length).toBeLessThan(9000);
  expect(refusal.message).not.toMatch(/[^\P{C}\n]/u);
});

function refusalOf(read: () => unknown): Failure {
  try {
    read();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

test("a bundle's file is read whole, and refused past the limit as well", async () => {
  using folder = scratchFolder();
  const file = join(folder.path, "bundle");
  writeFileSync(file, "a bundle");
  expect((await readFile(file)).toString()).toBe("a bundle");
  truncateSync(file, 9 * 1024 * 1024);
  const length = readFile(file).then((bytes) => bytes.length);
  await expect(length).rejects.toThrow("the bundle is larger than 8 MiB");
});

test.each([
  ["a folder", tmpdir(), "it is a folder (EISDIR)"],
  ["a path below a file", "/etc/passwd/bundle", "a folder of this path is a file (ENOTDIR)"],
  ["a name that is too long", `/${"n".repeat(300)}`, "the name is too long (ENAMETOOLONG)"],
])("%s in place of a bundle's file is refused in one sentence", async (_, path, reason) => {
  await expect(readFile(path)).rejects.toMatchObject({
    exitStatus: exitStatuses.badInput,
    message: expect.stringContaining(reason),
  });
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

  test.each([
    "-h",
    "--help",
    "--now.service",
    "haproxy",
    "../haproxy.service",
    "a b.service",
    `${"n".repeat(300)}.service`,
  ])("when a unit is named %s", (unit) => {
    for (const list of ["enabled", "disabled"]) {
      const raw = changed((whole) => (whole.units[list] = [unit]));
      expect(() => readBundle(raw, "haproxy1")).toThrow(`at units.${list}[0]`);
    }
  });

  test.each(["pgbouncer@6432.service", "postgresql@17-main.service", "dev-sd\\x2da.swap", "apt-daily.timer"])(
    "not when a unit is named %s",
    (unit) => {
      const raw = changed((whole) => (whole.units.enabled = [unit]));
      expect(readBundle(raw, "haproxy1").bundle.units.enabled).toEqual([unit]);
    },
  );

  test("when a name is longer than a file system allows while it is replaced", () => {
    const named = (name: string) => () =>
      readBundle(
        changed((whole) => (whole.files[0].path = `etc/${name}`)),
        "haproxy1",
      );
    expect(named("n".repeat(300))).toThrow("at most 244 characters");
    expect(named("n/".repeat(600))).toThrow("at files[0].path");
    expect(named("n".repeat(244))).not.toThrow();
  });

  test("when it has more files than any host", () => {
    const raw = changed((whole) => {
      whole.files = Array.from({ length: 1001 }, (_, index) => ({ ...whole.files[0], path: `etc/${index}` }));
    });
    expect(() => readBundle(raw, "haproxy1")).toThrow("at files");
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
