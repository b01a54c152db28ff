import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { adoptVip, emptyVipMemory } from "../../../../agent/address/decide.ts";
import { openLog } from "../../../../agent/daemon/log.ts";
import { openStateFile } from "../../../../agent/daemon/stateFile.ts";
import { RememberedGroups } from "../../../../agent/egress/memory.ts";
import { scratchFolder } from "../haproxy/runtimeFixtures.ts";

describe("the state file", () => {
  const vip = { ...emptyVipMemory, givenUp: true, giveUps: 3, gaveUpAtMs: 5, keepsUntilMs: 6, aloneAtMs: 7 };
  const groups = {
    main: {
      memory: { preferred: "wg1", sinceMs: 1, servers: [] },
      switches: [{ at: "2025-10-18T23:11:42.000Z", from: null, to: "wg1", why: "first" }],
    },
  };

  /** What the parts read at their start, and what is logged of it. */
  function readState(path: string) {
    const said: string[] = [];
    const file = openStateFile(
      path,
      openLog((line) => said.push(line)),
    );
    const found = {
      groups: file.read("groups", RememberedGroups),
      vip: adoptVip(file.read("vip", z.unknown())),
    };
    return { ...found, said };
  }
  const writeState = (path: string, sections: Record<string, unknown>) =>
    openStateFile(
      path,
      openLog(() => {}),
    ).write(sections);

  test("is read as it was written, is its owner's alone, and leaves no temporary file", () => {
    using folder = scratchFolder();
    const path = join(folder.path, "state.json");
    expect(readState(path)).toEqual({ groups: undefined, vip: emptyVipMemory, said: [] });
    writeState(path, { groups, vip });
    writeState(path, { groups });
    expect(readState(path)).toEqual({ groups, vip, said: [] });
    expect(readdirSync(folder.path)).toEqual(["state.json"]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test.each([undefined, null, 7, { ...vip, giveUps: -1 }, { givenUp: true }])(
    "keeps its groups without give-ups of the virtual address, or with %j in their place",
    (other) => {
      using folder = scratchFolder();
      const path = join(folder.path, "state.json");
      writeFileSync(path, JSON.stringify({ version: 1, groups, vip: other }));
      expect(readState(path)).toEqual({ groups, vip: emptyVipMemory, said: [] });
    },
  );

  test("stores the give-ups of the virtual address, not observations, which are made again", () => {
    using folder = scratchFolder();
    const path = join(folder.path, "state.json");
    const seen = { suspectedBy: { "main/wg1": 1 }, worksSinceMs: 2, unheldSinceMs: 3 };
    writeState(path, { groups, vip: { ...vip, ...seen } });
    expect(readState(path).vip).toEqual(vip);
  });

  test.each([
    "",
    "{",
    "null",
    '{"version":2,"groups":{}}',
    '{"version":1,"groups":[1]}',
    "\u0000".repeat(100),
  ])("is moved aside with a sentence where it is %j", (text) => {
    using folder = scratchFolder();
    const path = join(folder.path, "state.json");
    writeFileSync(path, text);
    const { groups: found, said } = readState(path);
    expect(found).toBeUndefined();
    expect(said).toEqual([
      expect.stringContaining(`it is kept as ${path}.unreadable, the measurements start from nothing`),
    ]);
    expect(said[0]).not.toContain("\n");
    expect(readFileSync(`${path}.unreadable`, "utf8")).toBe(text);
    expect(existsSync(path)).toBe(false);
    expect(readState(path).said).toEqual([]);
  });

  test("that cannot be written costs no round: the log says so once, and when it works again", () => {
    using folder = scratchFolder();
    const blocked = join(folder.path, "blocked");
    writeFileSync(blocked, "");
    const said: string[] = [];
    const file = openStateFile(
      join(blocked, "state.json"),
      openLog((line) => said.push(line)),
    );
    expect([file.write({ groups }), file.write({ groups })]).toEqual([false, false]);
    expect(said).toEqual([expect.stringMatching(/^<3>state file: E[A-Z]+/)]);
    rmSync(blocked);
    mkdirSync(blocked);
    expect(file.write({ groups })).toBe(true);
    expect(said.slice(1)).toEqual([expect.stringContaining("state file: works again")]);
  });
});
