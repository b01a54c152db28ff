import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parseTopology } from "../../topology/parse.ts";
import { readPasswords } from "../../topology/secrets/passwords.ts";
import type { Topology } from "../../topology/topology.ts";
import { labConfig, problemsOf } from "../unit/fixtures.ts";
import { complaintsOf } from "./daemons/complaints.ts";
import type { Passwords } from "./daemons/fixedSecrets.ts";
import { ImageHost } from "./daemons/imageHost.ts";
import { goodConfigs } from "./generators/goodConfigs.ts";
import { likelyConfigs } from "./generators/likelyConfigs.ts";
import { awkwardText } from "./generators/values.ts";
import { holds } from "./support/holds.ts";
import { seeds } from "./support/seeds.ts";

let image: ImageHost;

beforeAll(async () => {
  image = await ImageHost.start();
  // Where a complaint makes files that a daemon reads.
  vi.stubEnv("TMPDIR", image.shared);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await image?.stop();
});

/** A config that hapair takes: what the daemons' own checkers say of its files. */
async function complaintsOfConfig(config: Readonly<Record<string, unknown>>): Promise<string | undefined> {
  return complaintsOf(parseTopology(config), image);
}

const withPasswords = parseTopology({ ...labConfig(), secrets: "config" });

async function complaintsOfPasswords(given: Passwords): Promise<string | undefined> {
  return complaintsOf(withPasswords, image, given);
}

const password = fc.oneof(
  awkwardText.map((text) => text.slice(0, 500)),
  fc.string({ unit: "grapheme", minLength: 1 }),
);
const passwords: fc.Arbitrary<Passwords> = fc.record({
  database: password,
  probe: password,
  stats: password,
});

test.each(goodConfigs.map((config) => [config.target, config] as const))(
  "the daemons take the files of a good config of the target %s",
  async (_, config) => {
    expect(await complaintsOfConfig(config)).toBeUndefined();
  },
);

describe.each(seeds())("with the $kind seed $seed", ({ seed }) => {
  test("what hapair takes, haproxy, keepalived, PgBouncer, PostgreSQL, rsyslog and the firewall take too", async () => {
    const taken = likelyConfigs.filter(
      (config) => problemsOf(config).length === 0 && !hasFolder(parseTopology(config)),
    );
    await holds({ inputs: taken, fault: complaintsOfConfig, seed, count: 30, withinMs: 30_000 });
  });

  test("any password that hapair takes stands in files that the daemons take", async () => {
    const inputs = passwords.filter(
      (given) => readPasswords(withPasswords, { pg: given }).problems.length === 0,
    );
    await holds({ inputs, fault: complaintsOfPasswords, seed, count: 15, withinMs: 30_000 });
  });
});

/** The edge's certificate is in a folder of the nodes, which the image does not have. */
function hasFolder({ pairs }: Topology): boolean {
  return pairs.some(({ edge }) => edge?.tls.certificate === "folder");
}
