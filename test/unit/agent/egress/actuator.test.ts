import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openPreference, preferredOf } from "../../../../agent/egress/act/preference.ts";
import { runtimeClient } from "../../../../agent/haproxy/runtime.ts";
import { answering, RecordedHaproxy, scratchFolder, unixServer } from "../haproxy/runtimeFixtures.ts";

let folder: ReturnType<typeof scratchFolder>;
let socket: string;
let mapFile: string;
let haproxy: RecordedHaproxy;
beforeEach(() => {
  folder = scratchFolder();
  socket = join(folder.path, "haproxy.sock");
  mapFile = join(folder.path, "main.map");
  // The folder is root's: the file exists before the agent starts.
  writeFileSync(mapFile, "");
  haproxy = new RecordedHaproxy(["wg1", "wg2"]);
});
afterEach(() => folder[Symbol.dispose]());

const serving = () =>
  unixServer(
    socket,
    answering((command) => haproxy.answer(command)),
  );
/** The file's entries; the rest of it is a comment. */
const entries = () =>
  readFileSync(mapFile, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
const client = () => runtimeClient(socket, { timeoutMs: 500 });

describe("a preference", () => {
  test("reaches haproxy and the file that a new worker reads, and the same preference again sends nothing", async () => {
    await using _ = await serving();
    const preference = openPreference(mapFile, client());
    await preference.set("wg2");
    expect(haproxy.map.get("preferred")).toBe("wg2");
    expect(entries()).toEqual(["preferred wg2"]);
    const asked = haproxy.commands.length;
    await preference.set("wg2");
    expect(haproxy.commands).toHaveLength(asked);
    await preference.set("wg1");
    expect(haproxy.commands.at(-1)).toBe(`set map ${mapFile} preferred wg1`);
    expect(entries()).toEqual(["preferred wg1"]);
    expect(readdirSync(folder.path).sort()).toEqual(["haproxy.sock", "main.map"]);
  });

  test("replaces the file's content in one write of one length, and never the file", async () => {
    await using _ = await serving();
    const { ino } = statSync(mapFile);
    const preference = openPreference(mapFile, client());
    const sizes: number[] = [];
    for (const server of ["a-proxy-with-a-name-of-32-letters", "wg1"]) {
      await preference.set(server);
      expect(entries()).toEqual([`preferred ${server}`]);
      sizes.push(statSync(mapFile).size);
    }
    expect(sizes[0]).toBe(sizes[1]);
    expect(statSync(mapFile).ino).toBe(ino);
  });

  test("is restored after a restart lost it", async () => {
    await using _ = await serving();
    const preference = openPreference(mapFile, client());
    await preference.set("wg2");
    haproxy.map.clear();
    preference.forget();
    await preference.set("wg2");
    expect(haproxy.map.get("preferred")).toBe("wg2");
  });

  test("is in the file while haproxy does not answer, and in haproxy as soon as it does", async () => {
    const preference = openPreference(mapFile, client());
    await expect(preference.set("wg2")).rejects.toMatchObject({ kind: "gone" });
    expect(entries()).toEqual(["preferred wg2"]);
    await using _ = await serving();
    await preference.set("wg2");
    expect(haproxy.map.get("preferred")).toBe("wg2");
  });

  test("reaches haproxy even where the file cannot be written", async () => {
    await using _ = await serving();
    rmSync(mapFile);
    mkdirSync(mapFile);
    await expect(openPreference(mapFile, client()).set("wg2")).rejects.toThrow(/EISDIR|directory/);
    expect(haproxy.map.get("preferred")).toBe("wg2");
  });

  test("replaces a map file that is garbage", async () => {
    await using _ = await serving();
    writeFileSync(mapFile, "\u0000\u0001 preferred\n");
    await openPreference(mapFile, client()).set("wg1");
    expect(entries()).toEqual(["preferred wg1"]);
  });
});

test("what is not a map is quoted as text that a terminal only shows", () => {
  expect(() => preferredOf("\u001b]0;x\u0007\u202e\u009b")).toThrow(
    expect.objectContaining({ kind: "garbage", message: expect.not.stringMatching(/\p{C}/u) }),
  );
});

test("an answer that is not a map is garbage, and an empty one has no preference", () => {
  expect(preferredOf("\n")).toBeNull();
  expect(preferredOf("0x7f3479ebc000 preferred wg1\n\n")).toBe("wg1");
  expect(() => preferredOf("Unknown map identifier. Please use #<id> or <file>.\n")).toThrow(
    expect.objectContaining({ kind: "garbage" }),
  );
});
