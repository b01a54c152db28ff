import { messageOf } from "../../../base/failure.ts";
import {
  factsCommand,
  type HostAnswer,
  machineCommand,
  parseFacts,
} from "../../../components/machines/hosts/facts.ts";
import type { Connection } from "../../../contract/stackOutputs.ts";
import type { Host } from "../../../topology/hosts.ts";
import type { Topology } from "../../../topology/topology.ts";
import { runOnHost } from "../../hosts/ask.ts";
import { announceIfSlow } from "../../session/output.ts";
import { type LoginTrouble, loginTrouble } from "./loginTrouble.ts";

/** What one host answers, or why it does not. */
export type Asked = Answered | Silent;

interface Answered {
  readonly host: string;
  readonly answer: HostAnswer;
}

export interface Silent extends LoginTrouble {
  readonly host: string;
}

/** Asks all hosts at once for their facts. */
export function askFacts(
  topology: Topology,
  hosts: readonly Host[],
  connections: Readonly<Record<string, Connection>>,
): Promise<readonly Asked[]> {
  return Promise.all(
    hosts.flatMap((host) => {
      const connection = connections[host.name];
      return connection ? [askOne(host.name, factsCommand(topology, host), connection)] : [];
    }),
  );
}

/** Asks hosts that the config does not have any more which machines they are; one without a login does not answer. */
export function askMachines(
  names: readonly string[],
  connections: Readonly<Record<string, Connection>>,
): Promise<readonly Asked[]> {
  return Promise.all(
    names.map(async (host): Promise<Asked> => {
      const connection = connections[host];
      if (connection) return askOne(host, machineCommand(), connection);
      const text = `${host}: has left the config, and the stack's state does not have its login`;
      return { host, text, answered: false, ofBastion: false };
    }),
  );
}

async function askOne(
  host: string,
  { command, stdin }: ReturnType<typeof factsCommand>,
  connection: Connection,
): Promise<Asked> {
  try {
    const asking = runOnHost(connection, command, 20_000, stdin);
    const { failure, stdout, stderr } = await announceIfSlow(`waiting for ${host} to answer`, asking);
    if (failure) throw new Error(stderr.trim() || failure);
    return { host, answer: parseFacts(stdout) };
  } catch (error) {
    return { host, ...loginTrouble(host, connection, messageOf(error)) };
  }
}

/** Those without an answer; a trouble that several share is there once. */
export function silentAmong(asked: readonly Asked[]): readonly Silent[] {
  const silent = asked.flatMap((one) => ("answer" in one ? [] : [one]));
  return silent.filter(({ text }, at) => silent.findIndex((other) => other.text === text) === at);
}

/** What the others answer, by host. */
export function answersAmong(asked: readonly Asked[]): Readonly<Record<string, HostAnswer>> {
  return Object.fromEntries(
    asked.flatMap((one) => ("answer" in one ? [[one.host, one.answer] as const] : [])),
  );
}
