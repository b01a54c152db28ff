import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { filesComplaint } from "../../../../agent/services/haproxyFiles.ts";
import { renderShown } from "../../../../render/bundle.ts";
import { hostsOf } from "../../../../topology/hosts.ts";
import { parseTopology } from "../../../../topology/parse.ts";
import { labWithPair } from "../../fixtures.ts";
import { scratchFolder } from "../haproxy/runtimeFixtures.ts";

const topology = parseTopology(labWithPair({ edge: {}, haproxy: { maxConnections: 5000 } }));
const node = hostsOf(topology).find(({ role }) => role === "node");
const config = (node && renderShown(topology, node)["etc/haproxy/haproxy.cfg"]) ?? "";

/** A host whose systemd has this hard limit and these capabilities. */
function host(
  root: string,
  { hard, capabilities }: { readonly hard: number; readonly capabilities: string },
) {
  for (const folder of ["proc/1", "proc/sys/fs"]) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, "proc/1/status"), `Name:\tsystemd\nCapEff:\t${capabilities}\n`);
  writeFileSync(
    join(root, "proc/1/limits"),
    `Max open files            1024                 ${hard}                files     \n`,
  );
  writeFileSync(join(root, "proc/sys/fs/nr_open"), "1048576\n");
  return root;
}

test.each([
  [
    "permits too few files",
    { hard: 20_000, capabilities: "000001fffefcffff" },
    /need \d+ open files, .* permits 20000: lower/,
  ],
  ["permits enough", { hard: 524_288, capabilities: "000001fffefcffff" }, undefined],
  ["may raise its own limit", { hard: 20_000, capabilities: "000001ffffffffff" }, undefined],
])("haproxy.cfg on a host whose systemd %s", (_, like, complaint) => {
  using folder = scratchFolder();
  const found = filesComplaint(host(folder.path, like), config);
  if (complaint === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(complaint);
});

test("a host that does not tell its limits is not refused", () => {
  using folder = scratchFolder();
  expect(filesComplaint(folder.path, config)).toBeUndefined();
});
