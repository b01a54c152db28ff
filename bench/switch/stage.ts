import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { EgressServerConfig } from "../../contract/egressConfig.ts";
import { tunnelPlan } from "../../drills/clients/pace.ts";
import { startTunnels, type Tunnels } from "../../drills/clients/tunnels.ts";
import { type DrilledPair, egressOf } from "../../drills/pair.ts";
import { exec, execArgv } from "../../lab/machine/exec.ts";
import { bundleForHosts, interpreter } from "../../tools/agentBundle.ts";

/** Pause after each change: requests and checks come in between. */
export const everyMs = 60;

/** What switches of preference are played on: the holder's agent is stopped, the actuator is its hands. */
export interface SwitchStage {
  readonly pair: DrilledPair;
  readonly holder: string;
  readonly actuator: Actuator;
  readonly signal: AbortSignal;
  /** Done at the end, in whatever way it ends. */
  restore(step: () => void | Promise<void>): void;
}

export interface SwitchProxies {
  /** Those that are preferred in turn. */
  readonly pair: readonly [EgressServerConfig, EgressServerConfig];
  readonly lastResort: EgressServerConfig;
}

/** The first two proxies of the group and its last resort. @throws where there are fewer */
export function proxiesOf(pair: DrilledPair): SwitchProxies {
  const { servers } = egressOf(pair);
  const [one, other] = servers.filter((server) => !server.lastResort);
  const lastResort = servers.find((server) => server.lastResort);
  if (!one || !other || !lastResort)
    throw new Error("the bench's pair has two proxies and a last resort (stacks/Pulumi.lab.yaml)");
  return { pair: [one, other], lastResort };
}

/** Prefers a proxy and opens long connections through it. @throws where one comes out elsewhere */
export async function holdThrough(
  { pair, actuator, signal, restore }: SwitchStage,
  server: EgressServerConfig,
  count: number,
): Promise<Tunnels> {
  const tunnels = startTunnels(pair.lab, tunnelPlan(pair));
  restore(() => tunnels.close());
  await actuator.prefer(server.name);
  const exits = await tunnels.open(count, signal);
  const elsewhere = exits.find((exit) => exit !== server.address);
  if (elsewhere !== undefined)
    throw new Error(`${server.name} is preferred and a connection came out of ${elsewhere}`);
  return tunnels;
}

/** How long a switch took, ms. */
export interface SwitchTime {
  /** Map file on disk and haproxy told. */
  readonly totalMs: number;
  /** Of that, the commands to haproxy. */
  readonly apiMs: number;
}

/** The agent's hands, moved by the bench. Each function rejects with what the node said where it did not work. */
export interface Actuator {
  prefer(server: string): Promise<SwitchTime>;
  /** Closes what is open on a server, in every worker. */
  close(server: string): Promise<void>;
  end(): void;
}

const program = "bench/switch/actuatorProgram.ts";
const place = "/run/hapair-bench-actuator.mjs";
/** As the agent's unit has it. */
const asTheAgent = ["setpriv", "--reuid=hapair", "--regid=hapair", "--groups=haproxy", "--"];

/** Starts it on a node, from the agent's own sources, on the agent's Node and with the rights of the agent. */
export async function openActuator(pair: DrilledPair, node: string): Promise<Actuator> {
  const { lab } = pair;
  const { mapFile, backend } = egressOf(pair);
  const placed = await exec(lab, node, ["sh", "-c", `cat > ${place}`], await bundleForHosts(program));
  if (placed.exitCode !== 0) throw new Error(`${place} cannot be written on ${node}: ${placed.stderr}`);
  const argv = [...asTheAgent, ...interpreter, place, mapFile, backend];
  const [file = "", ...args] = execArgv(lab, node, argv);
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => undefined);
  let words = "";
  child.stderr.on("data", (part) => {
    words += part;
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const order = async (line: string): Promise<SwitchTime> => {
    child.stdin.write(`${line}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error(`"${line}" does not work on ${node}: ${words}`);
    const [totalMs = Number.NaN, apiMs = Number.NaN] = String(value).split(" ").map(Number);
    return { totalMs, apiMs };
  };
  return {
    prefer: (server) => order(`prefer ${server}`),
    close: async (server) => {
      await order(`close ${server}`);
    },
    end: () => child.stdin.end(),
  };
}
