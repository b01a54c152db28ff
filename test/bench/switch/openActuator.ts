import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { exec, execArgv } from "../../../lab/exec.ts";
import { bundleForHosts, interpreter } from "../../../tools/agentBundle.ts";
import { egressOf } from "../../drill/drilledEgress.ts";
import type { DrilledPair } from "../../drill/drilledPair.ts";

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

const program = "test/bench/switch/actuatorProgram.ts";
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
