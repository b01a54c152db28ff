import { expect, test } from "vitest";
import { manyPairs, withManyServers } from "../../../bench/scale/configs.ts";
import { withServers } from "../../../bench/scale/measureScale.ts";
import { renderShown } from "../../../render/bundle.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { labConfig } from "../fixtures.ts";

test("two hundred pairs are a config that hapair takes, with three hosts each", () => {
  expect(hostsOf(parseTopology(manyPairs(200)))).toHaveLength(600);
});

test("a node's haproxy.cfg has a pool of a thousand servers, and keeps the bundle's own secrets", () => {
  const topology = parseTopology(withManyServers(labConfig(), 1000));
  const node = hostsOf(topology).find(({ role }) => role === "node");
  const shown = node && renderShown(topology, node)["etc/haproxy/haproxy.cfg"];
  const secret = shown?.replaceAll("[secret]", "s3cret");
  if (shown === undefined || secret === undefined) throw new Error("the node has a haproxy.cfg");
  const file = { path: "etc/haproxy/haproxy.cfg", mode: "0600", owner: "root", group: "root" };
  const bundle = { format: 1, host: "haproxy1", units: { enabled: [], disabled: [] } };
  const text = JSON.stringify({
    ...bundle,
    files: [{ ...file, text: secret.replace(/^ +server .*$/gm, "") }],
  });
  const { files } = JSON.parse(withServers(text, shown));
  expect(files).toEqual([{ ...file, text: secret }]);
  expect(new Set(secret.match(/^ +server more\S+/gm)).size).toBe(62 * 16);
});
