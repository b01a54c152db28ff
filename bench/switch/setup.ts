import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { EgressServerConfig } from "../../contract/egressConfig.ts";
import { tunnelPlan } from "../../drills/clients/pace.ts";
import { startTunnels, type Tunnels } from "../../drills/clients/tunnels.ts";
import { asAgent, run } from "../../drills/machine.ts";
import { type DrilledPair, egressOf } from "../../drills/pair.ts";
import { execArgv } from "../../lab/machine/exec.ts";
import { bundleForHosts, interpreter } from "../../tools/agentBundle.ts";

/** Pause after each change: requests and checks come in between. */
export const everyMs = 60;

/** What switches of preference work with: the holder's agent is stopped, the actuator acts in its place. */
export interface SwitchSetup {
  readonly pair: DrilledPair;
  readonly holder: string;
  readonly actuator: Actuator;
  readonly signal: AbortSignal;
  /** Registers a step that is done at the end, however the measurement ends. */
  restore(step: () => void | Promise<void>): void;
}

export interface SwitchProxies {
  /** Preferred in turn. */
  readonly switched: readonly [EgressServerConfig, EgressServerConfig];
  readonly lastResort: EgressServerConfig;
}

/** The first two proxies of the group and its last resort. @throws where there are fewer */
export function proxiesOf(pair: DrilledPair): SwitchProxies {
  const { servers } = egressOf(pair);
  const [one, other] = servers.filter((server) => !server.lastResort);
  const lastResort = servers.find((server) => server.lastResort);
  if (!one || !other || !lastResort)
    throw new Error("the bench's pair needs two proxies and a last resort (stacks/Pulumi.lab.yaml)");
  return { switched: [one, other], lastResort };
}

/** Prefers a proxy and opens long connections through it. @throws where one leaves by another proxy */
export async function holdThrough(
  { pair, actuator, signal, restore }: SwitchSetup,
  server: EgressServerConfig,
  count: number,
): Promise<Tunnels> {
  const tunnels = startTunnels(pair.lab, tunnelPlan(pair));
  restore(() => tunnels.close());
  await actuator.prefer(server.name);
  const exits = await tunnels.open(count, signal);
  const elsewhere = exits.find((exit) => exit !== server.address);
  if (elsewhere !== undefined)
    throw new Error(`${server.name} is preferred and a connection left by ${elsewhere}`);
  return tunnels;
}

/** How long a switch took, ms. */
export interface SwitchTime {
  /** Map file on disk and commands to haproxy. */
  readonly totalMs: number;
  /** The commands to haproxy alone. */
  readonly apiMs: number;
}

/** Makes the agent's changes on a node, as the bench asks for them. Each function rejects with the program's stderr. */
export interface Actuator {
  prefer(server: string): Promise<SwitchTime>;
  /** Closes what is open on a server, in every worker. */
  close(server: string): Promise<void>;
  end(): void;
}

const program = "bench/switch/actuatorProgram.ts";
const path = "/run/hapair-bench-actuator.cjs";

/** Starts it on a node: from the agent's sources, on the agent's Node, with the agent's user. */
export async function openActuator(pair: DrilledPair, node: string): Promise<Actuator> {
  const { lab } = pair;
  const { mapFile, group, metricsPort } = egressOf(pair);
  await run(lab, node, ["sh", "-c", `cat > ${path}`], await bundleForHosts(program));
  const argv = [...asAgent, ...interpreter, path, mapFile, group, String(metricsPort)];
  const [file = "", ...args] = execArgv(lab, node, argv);
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => undefined);
  let stderr = "";
  child.stderr.on("data", (part) => {
    stderr += part;
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const send = async (line: string): Promise<SwitchTime> => {
    child.stdin.write(`${line}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error(`"${line}" does not work on ${node}: ${stderr}`);
    const [totalMs = Number.NaN, apiMs = Number.NaN] = String(value).split(" ").map(Number);
    return { totalMs, apiMs };
  };
  return {
    prefer: (server) => send(`prefer ${server}`),
    close: async (server) => {
      await send(`close ${server}`);
    },
    end: () => child.stdin.end(),
  };
}
