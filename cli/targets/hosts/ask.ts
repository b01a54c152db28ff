import { messageOf } from "../../../base/failure.ts";
import { factsCommand, type HostAnswer, parseFacts } from "../../../components/machines/hosts/facts.ts";
import type { Connection } from "../../../contract/stackOutputs.ts";
import type { Host } from "../../../topology/hosts.ts";
import { runOnHost } from "../../hosts/ask.ts";
import { announceIfSlow } from "../../session/output.ts";

/** What one host answers, or why it does not. */
export type Asked =
  | { readonly host: string; readonly answer: HostAnswer }
  | {
      readonly host: string;
      readonly trouble: string;
      /** Whether it did answer, and the trouble is what it says. */
      readonly answered: boolean;
    };

/** Asks all hosts at once for their facts. */
export function askFacts(
  hosts: readonly Host[],
  connections: Readonly<Record<string, Connection>>,
): Promise<readonly Asked[]> {
  return Promise.all(
    hosts.flatMap((host) => {
      const connection = connections[host.name];
      return connection ? [askOne(host, connection)] : [];
    }),
  );
}

async function askOne(host: Host, connection: Connection): Promise<Asked> {
  const { command, stdin } = factsCommand(host);
  try {
    const asking = runOnHost(connection, command, 20_000, stdin);
    const { failure, stdout, stderr } = await announceIfSlow(`waiting for ${host.name} to answer`, asking);
    if (failure) throw new Error(stderr.trim() || failure);
    return { host: host.name, answer: parseFacts(stdout) };
  } catch (error) {
    const reason = messageOf(error);
    return {
      host: host.name,
      trouble: loginTrouble(host.name, connection, reason),
      answered: otherKey.test(reason) || noKey.test(reason) || /ECONNREFUSED/.test(reason),
    };
  }
}

const otherKey = /verification failed|no matching host key/i;
const noKey = /authentication methods failed/i;

/** The end of a sentence that begins with the host's name. */
function loginTrouble(name: string, { user, host, port, proxy }: Connection, reason: string): string {
  const place = `${user}@${host}:${port}`;
  if (reason.startsWith("bastion ")) return `is not reached: ${reason}`;
  if (otherKey.test(reason))
    return `${place} shows another host key than the config has: find out why, then correct hosts.machines.${name}.hostKey (npm run hostkeys)`;
  if (noKey.test(reason))
    return `${place} accepts none of the keys: add the public key to its authorized_keys, or correct hosts.identityFile or hosts.user`;
  const way = proxy ? ` through the bastion ${proxy.host}` : "";
  return `does not answer at ${place}${way}: ${reason}`;
}
