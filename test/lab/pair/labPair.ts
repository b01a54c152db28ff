import type { PairOutputs, StackOutputs } from "../../../contract/stackOutputs.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { type PoolMachine, postgresMachineOf } from "../../../topology/pool.ts";
import type { Pair, Pool } from "../../../topology/topology.ts";
import { type TestStack, testStack } from "../../harness/testStack.ts";
import { type LogServer, startLogServer } from "../hosts/application.ts";

const logServer = { address: "10.0.1.10", port: 1514, protocol: "udp" };

/** The test stack's own pool, with a port for sessions. */
export const labPool = { machines: [{ name: "db1", address: "10.0.1.30" }], session: { port: 5433 } };

/** The test stack, up, with a log server on the application server. */
export interface LabPair {
  readonly stack: TestStack;
  /** Name of the lab. */
  readonly lab: string;
  readonly pair: Pair;
  readonly pool: Pool & { readonly session: NonNullable<Pool["session"]> };
  /** The machine with PostgreSQL and the poolers. */
  readonly db: PoolMachine;
  /** Names of all machines. */
  readonly machines: readonly string[];
  readonly outputs: StackOutputs;
  readonly access: PairOutputs;
  /** The database URL as the application server uses it. */
  readonly databaseUrl: string;
  /** The database URL through the port that is forwarded to this host. */
  readonly forwardedUrl: string;
  /** The same for the port for sessions. */
  readonly sessionUrl: string;
  readonly logs: LogServer;
  /** Changes the stack's config and keeps the settings that these tests need. */
  configure(
    pairChange: Readonly<Record<string, unknown>>,
    change?: Readonly<Record<string, unknown>>,
  ): Promise<void>;
  remove(): Promise<void>;
}

export async function labPair(
  purpose: string,
  pairChange: Readonly<Record<string, unknown>> = {},
): Promise<LabPair> {
  const config = { syslog: logServer };
  const stack = await testStack(purpose, { config, pair: { pool: labPool, ...pairChange } });
  const outputs = await stack.outputs();
  const pair = stack.topology.pairs[0];
  const access = pair && outputs.pairs[pair.name];
  const session = pair?.pool?.session;
  const db = postgresMachineOf(pair?.pool);
  const { databaseUrl, sessionUrl } = access?.reach ?? {};
  if (!pair?.pool || !db || !session || !access?.databaseUrl || !databaseUrl || !sessionUrl)
    throw new Error("the lab stack's first pair has no pool with a port for sessions");
  const logs = await startLogServer(stack.lab, logServer);
  return {
    stack,
    lab: stack.lab,
    pair,
    pool: { ...pair.pool, session },
    db,
    machines: [...pair.nodes.map((node) => node.name), db.name],
    outputs,
    access,
    databaseUrl: access.databaseUrl,
    forwardedUrl: databaseUrl,
    sessionUrl,
    logs,
    configure: async (pairChange, change = {}) => {
      await stack.configure({ config: { ...config, ...change }, pair: { pool: labPool, ...pairChange } });
    },
    remove: async () => {
      await logs.stop();
      await stack.destroy();
    },
  };
}

/** The node that has the virtual address now, and the one that does not. */
export async function roles({
  lab,
  pair,
}: Pick<LabPair, "lab" | "pair">): Promise<{ readonly holder: string; readonly backup: string }> {
  const names = pair.nodes.map(({ name }) => name);
  const addresses = await Promise.all(
    names.map((name) => exec(lab, name, ["ip", "-4", "-brief", "address"])),
  );
  const holds = addresses.map(({ stdout }) => stdout.includes(`${pair.vip.address}/32`));
  const [holder, backup] = [names[holds.indexOf(true)], names[holds.indexOf(false)]];
  if (holder === undefined || backup === undefined)
    throw new Error(`holder and backup expected, the address is on: ${names.filter((_, at) => holds[at])}`);
  return { holder, backup };
}
