import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { Failure, messageOf } from "../../base/failure.ts";
import { AgentConfig, agentConfigPath } from "../../contract/agentConfig.ts";
import { renewCertificate } from "../edge/renewCertificate.ts";
import { badInput, exitStatuses } from "../errors.ts";
import { ask } from "../haproxy/runtime.ts";
import { own, replaceFile } from "../store/durable.ts";
import { type Command, options } from "./command.ts";
import { thisHost } from "./thisHost.ts";

const askMs = 5000;

export const certificateCommand: Command = {
  name: "certificate",
  synopsis: "certificate",
  about: `Has HAProxy show its clients the edge's certificate that is on this node's disk now, without a reload. One that
belongs to another key, or that HAProxy refuses, changes nothing; in a folder of the node (edge.tls.folder) it also has
to be valid now and for its names. An apply runs this where nothing else has changed, hapair-certificate.service where the
folder has.`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const { positionals } = options(args, {});
  if (positionals.length > 0) throw badInput("certificate takes no argument: see --help");
  const host = thisHost();
  const { node } = AgentConfig.parse(JSON.parse(readFileSync(`/${agentConfigPath}`, "utf8")));
  if (node?.edge === undefined) throw badInput("this host has no edge");
  const { certificate } = node.edge;
  const { refusedFile } = certificate.folder ?? {};
  try {
    const done = await renewCertificate(host, certificate, (command, payload) =>
      ask(node.runtimeSocket, command, { timeoutMs: askMs, ...(payload !== undefined && { payload }) }),
    );
    if (refusedFile !== undefined) rmSync(refusedFile, { force: true });
    process.stdout.write(`${certificate.folder?.path ?? certificate.file}: ${wordsOf[done]}\n`);
    return exitStatuses.ok;
  } catch (error) {
    const problem = messageOf(error);
    if (refusedFile !== undefined) tell(refusedFile, problem);
    throw new Failure(`the edge goes on with its old certificate: ${problem}`);
  }
}

const wordsOf = {
  "in use already": "its certificate is in use already",
  set: "its certificate is in use, and no connection was closed",
  reloaded: "its certificate is in use since a reload of HAProxy",
} as const;

/** The daemon reads it for its metrics. */
function tell(refusedFile: string, problem: string): void {
  mkdirSync(dirname(refusedFile), { recursive: true });
  replaceFile(refusedFile, `${problem}\n`, own(0o644));
}
