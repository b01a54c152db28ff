import { edgePair } from "../../harness/edgePair.ts";
import { ec2Config, hostsConfig, vagrantConfig } from "../../harness/testConfig.ts";
import { labWithPair } from "../../unit/fixtures.ts";
import { pools } from "../../unit/topology/poolFixtures.ts";

type Config = Readonly<Record<string, unknown>>;

/** A config of each target with its one pair changed. */
function withPair(config: Config, change: Config): Config {
  const [pair] = config.pairs as readonly [Config];
  return { ...config, pairs: [{ ...pair, ...change }] };
}

const address = "192.0.2.60";
/** On nodes, with routes in a database of their own, as hapair has no role in an external one. */
const external = {
  ...edgePair,
  routes: { ...edgePair.routes, database: { address } },
  pool: { on: "nodes", database: { external: { address } } },
};
const twoMachines = {
  ...edgePair,
  pool: {
    machines: pools["two-machines"].pool.machines,
    session: { port: 5433 },
    tls: { mode: "required" },
    postgres: { maxConnections: 400 },
  },
};

/** Configs that hapair takes: of every target, and with every kind of pool. */
export const goodConfigs: readonly Config[] = [
  labWithPair(twoMachines),
  labWithPair({ pool: pools["on-nodes"].pool }, { syslog: { address: "10.0.1.5" } }),
  withPair({ ...hostsConfig(), secrets: "config", hosts: { knownHosts: "~/.ssh/known_hosts" } }, external),
  withPair(ec2Config(), edgePair),
  withPair(vagrantConfig(), { pool: { on: "laptop" } }),
];
