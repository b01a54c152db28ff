import { readFileSync } from "node:fs";
import { messageOf } from "../../base/failure.ts";
import { AgentConfig, agentConfigPath } from "../../contract/agentConfig.ts";
import { routesConfigPath } from "../../contract/routesConfig.ts";
import { defaultConfigPath, readEgressConfig, readRoutesConfig } from "../daemon/config.ts";
import { act } from "../egress/act/actions.ts";
import { badInput, exitStatuses } from "../errors.ts";
import { runtimeClient } from "../haproxy/runtime.ts";
import { restarts } from "../health/root/budget.ts";
import { type HaproxyVerb, haproxyVerbs } from "../health/verbs.ts";
import { balanceVerb } from "../routes/balanced/verb.ts";
import { type Command, options } from "./command.ts";

/** The unit's RuntimeDirectory. */
const folder = "/run/hapair-action";
const runtimeMs = 1000;
const requestMs = 2000;
/** Longer than any request. */
const requestBytes = 256;

export const actionCommand: Command = {
  name: "action",
  synopsis: "action",
  about: `Takes one request of the daemon from standard input: close GROUP SERVER (ends what is open on a dead proxy),
follow GROUP SERVER maint|ready, balance (HAProxy's servers of routes with several targets), validate (HAProxy's
configuration), recover (restarts HAProxy, at most ${restarts.most} times in ${restarts.withinS / 60} minutes), revive (the same where HAProxy hangs),
revive-or-give-up (leaves the virtual address to the other nodes where that is not allowed) or bid-again (takes that
back). For hapair-action@.service, which has the rights that the daemon lacks.`,
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
    const asked = await request();
    const verb = haproxyVerbs.find((one) => one === asked);
    const answer = verb
      ? await onHaproxy(verb, node.runtimeSocket)
      : asked === balanceVerb
        ? await balance(administrator)
        : await act(asked, readEgressConfig(defaultConfigPath), administrator);
    // As haproxy answers a command that has nothing to say.
    process.stdout.write(`${answer ?? ""}\n`);
    return exitStatuses.ok;
  } catch (error) {
    process.stdout.write(`${messageOf(error)}\n`);
    return exitStatuses.failed;
  }
}

/** Loaded for these verbs alone: those of egress, in a hurry, need none of it. */
async function onHaproxy(verb: HaproxyVerb, runtimeSocket: string): Promise<string> {
  const [{ actOnHaproxy }, { haproxyGroup }, { thisHost }] = await Promise.all([
    import("../health/root/actions.ts"),
    import("../health/root/hang.ts"),
    import("./thisHost.ts"),
  ]);
  const { haproxyTrackFile: trackFile, keepalivedEvents } = readEgressConfig(defaultConfigPath);
  const group = haproxyGroup(keepalivedEvents);
  return actOnHaproxy(verb, thisHost(), { runtimeSocket, folder, group, trackFile, signal: process.kill });
}

async function balance(administrator: Parameters<typeof act>[2]): Promise<void> {
  const [{ balanceAsRoot }, { alone }] = await Promise.all([
    import("../routes/balanced/asRoot.ts"),
    import("../routes/balanced/alone.ts"),
  ]);
  const config = readRoutesConfig(`/${routesConfigPath}`);
  return alone(`${folder}/balance.lock`, () => balanceAsRoot(config, administrator));
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
