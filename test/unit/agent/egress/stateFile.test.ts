import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { emptyVipMemory } from "../../../../agent/address/decide.ts";
import { readState, writeState } from "../../../../agent/egress/stateFile.ts";
import { scratchFolder } from "../haproxy/runtimeFixtures.ts";

describe("the state file", () => {
  const vip = { ...emptyVipMemory, givenUp: true, giveUps: 3, gaveUpAtMs: 5, keepsUntilMs: 6, aloneAtMs: 7 };
  const groups = {
    main: {
      memory: { preferred: "wg1", sinceMs: 1, servers: [] },
      switches: [{ at: "2025-10-18T23:11:42.000Z", from: null, to: "wg1", why: "first" }],
    },
  };

  test("is read as it was written, and leaves no temporary file", () => {
    using folder = scratchFolder();
    const path = join(folder.path, "state.json");
    expect(readState(path)).toEqual({ groups: {}, vip: emptyVipMemory, problem: null });
    writeState(path, { groups, vip });
    writeState(path, { groups, vip });
    expect(readState(path)).toEqual({ groups, vip, problem: null });
    expect(readdirSync(folder.path)).toEqual(["state.json"]);
  });

  test.each([undefined, null, 7, { ...vip, giveUps: -1 }, { givenUp: true }])(
    "keeps its groups without give-ups of the virtual address, or with %j in their place",
    (other) => {
      using folder = scratchFolder();
      const path = join(folder.path, "state.json");
      writeFileSync(path, JSON.stringify({ version: 1, groups, vip: other }));
      expect(readState(path)).toEqual({ groups, vip: emptyVipMemory, problem: null });
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
    const { groups: found, problem } = readState(path);
    expect(found).toEqual({});
    expect(problem).toContain(`it is kept as ${path}.unreadable, the measurements begin anew`);
    expect(problem).not.toContain("\n");
    expect(readFileSync(`${path}.unreadable`, "utf8")).toBe(text);
    expect(existsSync(path)).toBe(false);
    expect(readState(path).problem).toBeNull();
  });
});
