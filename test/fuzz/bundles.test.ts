import { userInfo } from "node:os";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { agentConfigPath } from "../../contract/agentConfig.ts";
import { Bundle } from "../../contract/bundle.ts";
import { renderHost } from "../../render/bundle.ts";
import { shownFacts } from "../../render/hostFacts.ts";
import { masked } from "../../render/secrets.ts";
import { hostsOf } from "../../topology/hosts.ts";
import { parseTopology } from "../../topology/parse.ts";
import { labConfig } from "../unit/fixtures.ts";
import { BundleReader } from "./faults/bundle.ts";
import { hostileJson } from "./generators/json.ts";
import { holds } from "./support/holds.ts";
import { seeds } from "./support/seeds.ts";

/** A bundle of few files, whose owners this machine has: the program's own config is one of them. */
function goodBundle(): Bundle {
  const topology = parseTopology(labConfig());
  const node = hostsOf(topology).find(({ name }) => name === "haproxy1");
  if (node === undefined) throw new Error("the lab has no haproxy1");
  const { text } = renderHost(topology, node, masked(topology), shownFacts(topology));
  const whole = Bundle.parse(JSON.parse(text));
  const { username: me } = userInfo();
  const wanted = [agentConfigPath, "etc/default/keepalived", "etc/hapair/egress.json"];
  const files = whole.files.filter(({ path }) => wanted.includes(path));
  return { ...whole, files: files.map((file) => ({ ...file, owner: me, group: me })) };
}

const good = goodBundle();
const reader = new BundleReader();
afterAll(() => reader.remove());

const isConfig = ({ path }: Bundle["files"][number]) => path === agentConfigPath;
/** The program's own config inside of the bundle is a document too. */
const withHostileConfig = hostileJson(JSON.parse(good.files.find(isConfig)?.text ?? "")).map((text) =>
  JSON.stringify({ ...good, files: good.files.map((file) => (isConfig(file) ? { ...file, text } : file)) }),
);
const bundles = fc.oneof(
  { weight: 3, arbitrary: hostileJson(good) },
  { weight: 1, arbitrary: withHostileConfig },
);

test("a good bundle is staged", () => {
  expect(reader.faultOfBundle(JSON.stringify(good))).toBeUndefined();
  expect(good.files.map(({ path }) => path)).toContain(agentConfigPath);
});

describe.each(seeds())("with the $kind seed $seed", ({ seed }) => {
  test("a hostile bundle is refused with what is wrong, or staged on the host alone", async () => {
    await holds({ inputs: bundles, fault: reader.faultOfBundle, seed, count: 700 });
  });
});
