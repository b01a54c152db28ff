import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { stringify } from "yaml";
import { namedHosts } from "../../../cli/config/namedHosts.ts";
import { openHome } from "../../../cli/session/home.ts";
import { removeMachines } from "../../../cli/targets/targets.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { labConfig } from "../fixtures.ts";

test("removing a stack whose machines exist already removes no lab, whatever lab its config names", async () => {
  const folder = mkdtempSync(join(tmpdir(), "hapair-targets-"));
  const said = vi.spyOn(console, "error").mockImplementation(() => {});
  try {
    const file = join(folder, "stack.yaml");
    const config = { "hapair:target": "hosts", "hapair:lab": { name: "nobody-has-this-lab" } };
    writeFileSync(file, stringify({ config }));
    const home = openHome(folder);
    await removeMachines({ name: "hosts", home, without: [], resources: [], configFile: () => file });
    expect(said.mock.calls).toEqual([]);
  } finally {
    said.mockRestore();
    rmSync(folder, { recursive: true });
  }
});

test("a roll-out leaves out hosts that there are, and never all of them", () => {
  const topology = parseTopology(labConfig());
  expect(namedHosts(topology, ["haproxy2"])).toEqual(["haproxy2"]);
  expect(() => namedHosts(topology, ["haproxy2", "haproxy9"])).toThrow(
    "--without haproxy9: no such host: the stack has internet, db1, haproxy1, haproxy2",
  );
  expect(() => namedHosts(topology, ["internet", "db1", "haproxy1", "haproxy2"])).toThrow(
    "--without names every host",
  );
});
