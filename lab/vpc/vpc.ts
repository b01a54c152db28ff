import { once } from "node:events";
import { existsSync, mkdirSync } from "node:fs";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { findExecutable } from "../../base/commands.ts";
import { Failure } from "../../base/failure.ts";
import { readIfThere } from "../../base/files.ts";
import {
  VpcDropped,
  type VpcFaults,
  type VpcRule,
  VpcSpec,
  type VpcSpecInput,
  VpcState,
} from "../../contract/vpc.ts";
import { findLeader } from "../machine/exec.ts";
import { labRun, labState, namespacePath } from "../paths.ts";
import { groupGone, killGroup, startGroup } from "../process/group.ts";
import { run } from "../process/run.ts";
import { vpcSocket } from "./inVpc.ts";

/** A lab whose switch is a VPC's subnet, with EC2's API and instance metadata. */
export interface Vpc {
  state(): Promise<VpcState>;
  dropped(): Promise<VpcDropped>;
  /** Makes faults, or with `noVpcFaults` ends them; absent keys stay as they are. */
  fail(faults: Partial<VpcFaults>): Promise<void>;
  /** The security groups get these rules in the place of all that they had. */
  setRules(rules: readonly VpcRule[]): Promise<void>;
}

const program = fileURLToPath(new URL("vpcProgram.ts", import.meta.url));
/** No machine and no forward has this name. */
const group = "app.vpc";
const timeoutMs = 5000;
const startedWithinMs = 30_000;

/**
 * Turns the lab's switch into a VPC's subnet, until the lab is removed; a VPC that it was before is replaced. Machines
 * that boot later join it by themselves. @throws Failure where nft is missing, or the program does not start
 */
export async function vpcUp(lab: string, input: VpcSpecInput): Promise<Vpc> {
  const spec = VpcSpec.parse(input);
  if (findExecutable("nft") === undefined)
    throw new Failure("This host has no nft, which a VPC needs; install: apt-get install nftables.");
  killGroup(lab, group);
  await groupGone(lab, group, 5000);
  for (const folder of [labRun(lab), labState(lab)]) mkdirSync(folder, { recursive: true });
  const log = `${labState(lab)}/vpc.log`;
  const argv = ["nsenter", `--net=${namespacePath(lab)}`, process.execPath, program, vpcSocket(lab)];
  const child = startGroup(lab, group, argv, log, "ipc");
  const ended = once(child, "exit").then(() => {
    const said = (readIfThere(log) ?? "").trim().split("\n").slice(-8).join("\n");
    throw new Failure(`The VPC of lab ${lab} ended while it started; its log ends with:\n${said}`);
  });
  ended.catch(() => undefined);
  const ready = once(child, "message", { signal: AbortSignal.timeout(startedWithinMs) });
  child.send(spec);
  await Promise.race([ready, ended]);
  await Promise.all(spec.interfaces.map(({ machine }) => forgetNeighbours(lab, machine)));
  return vpcOf(lab);
}

/** The VPC that the lab is already. @throws Failure where it is none */
export function vpcOf(lab: string): Vpc {
  if (!existsSync(vpcSocket(lab))) throw new Failure(`Lab ${lab} is no VPC.`);
  const ask = (method: string, path: string, body?: unknown) =>
    askControl(vpcSocket(lab), method, path, body);
  const state = async () => VpcState.parse(JSON.parse(await ask("GET", "/state")));
  return {
    state,
    dropped: async () => VpcDropped.parse(JSON.parse(await ask("GET", "/dropped"))),
    fail: async (faults) => {
      await ask("PUT", "/faults", { ...(await state()).faults, ...faults });
    },
    setRules: async (rules) => {
      await ask("PUT", "/rules", rules);
    },
  };
}

/** On a switch a machine knows its neighbours' hardware addresses; behind a router those lead nowhere. */
async function forgetNeighbours(lab: string, machine: string): Promise<void> {
  const leader = findLeader(lab, machine);
  if (leader === undefined) return;
  await run(["nsenter", `--net=/proc/${leader}/ns/net`, "ip", "neighbour", "flush", "all"]);
}

async function askControl(socketPath: string, method: string, path: string, body?: unknown): Promise<string> {
  const asked = request({ socketPath, method, path, signal: AbortSignal.timeout(timeoutMs) });
  asked.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = await once(asked, "response");
  const said = await text(response);
  if (response.statusCode < 300) return said;
  throw new Error(`${method} ${path} of ${socketPath}: ${response.statusCode} ${said}`);
}
