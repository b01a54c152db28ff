import { readFileSync } from "node:fs";
import { messageOf } from "../../base/failure.ts";
import { AgentConfig, agentConfigPath } from "../../contract/agentConfig.ts";
import { defaultConfigPath, readEgressConfig } from "../daemon/config.ts";
import { act } from "../egress/act/actions.ts";
import { badInput, exitStatuses } from "../errors.ts";
import { runtimeClient } from "../haproxy/runtime.ts";
import { type Command, options } from "./command.ts";

const runtimeMs = 1000;
const requestMs = 2000;
/** Longer than any request. */
const requestBytes = 256;

export const actionCommand: Command = {
  name: "action",
  synopsis: "action",
  about: `Takes one request of the daemon from standard input: close GROUP SERVER (ends what is open on a dead proxy) or
follow GROUP SERVER maint|ready. For hapair-action@.service, which has the rights that the daemon lacks.`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const { positionals } = options(args, {});
  if (positionals.length > 0) throw badInput("action takes its request from standard input");
  const { node } = AgentConfig.parse(JSON.parse(readFileSync(`/${agentConfigPath}`, "utf8")));
  if (node === undefined) throw badInput("this host is no node");
  const client = (socket: string) => runtimeClient(socket, { timeoutMs: runtimeMs });
  const administrator = { runtime: client(node.runtimeSocket), master: client(node.masterSocket) };
  try {
    await act(await request(), readEgressConfig(defaultConfigPath), administrator);
    // As haproxy answers a command that has nothing to say.
    process.stdout.write("\n");
    return exitStatuses.ok;
  } catch (error) {
    process.stdout.write(`${messageOf(error)}\n`);
    return exitStatuses.failed;
  }
}

/** The first line of standard input. Rejects where none arrives in time. */
async function request(): Promise<string> {
  const late = setTimeout(() => process.stdin.destroy(new Error("no request arrived in time")), requestMs);
  let text = "";
  try {
    for await (const part of process.stdin) {
      text += String(part);
      if (text.includes("\n") || text.length > requestBytes) break;
    }
  } finally {
    clearTimeout(late);
  }
  return text.split("\n", 1)[0] ?? "";
}
