import type { Connection } from "../../../contract/stackOutputs.ts";
import { loggedIn } from "../../hosts/ask.ts";

/** Why a host does not answer. */
export interface LoginTrouble {
  /** A sentence that begins with the host's name, or with `bastion`. */
  readonly text: string;
  /** Whether it did answer, and the trouble is what it says. */
  readonly answered: boolean;
  /** Whether the bastion is the trouble, which every host behind it shares. */
  readonly ofBastion: boolean;
}

const otherKey = /verification failed|no matching host key/i;
const noKey = /authentication methods failed/i;
const noForwarding = /administratively prohibited/i;
const channel = /channel open failure/i;
const hangs = new RegExp(`^${loggedIn}`);
const refused = /ECONNREFUSED|connection refused/i;

/** @param reason as `openClient` has it: it begins with `bastion` where the bastion says so */
export function loginTrouble(name: string, { proxy, ...login }: Connection, reason: string): LoginTrouble {
  const own = reason.replace(/^bastion \S+: /, "");
  const ofBastion = proxy !== undefined && own !== reason && (!channel.test(own) || noForwarding.test(own));
  const { user, host, port } = ofBastion ? proxy : login;
  const place = `${user}@${host}:${port}`;
  const subject = ofBastion ? "bastion" : name;
  const key = ofBastion ? "hosts.bastion" : `hosts.machines.${name}`;
  const answered = [otherKey, noKey, noForwarding, hangs, refused].some((pattern) => pattern.test(own));
  const of = (text: string): LoginTrouble => ({ text: `${subject}: ${text}`, answered, ofBastion });

  if (otherKey.test(own))
    return of(
      `${place} shows another host key than the config has: find out why, then correct ${key}.hostKey (npm run hostkeys)`,
    );
  if (noKey.test(own))
    return of(
      `${place} accepts none of the keys: add the public key to its authorized_keys, or correct hosts.identityFile or ${ofBastion ? "hosts.bastion.user" : "hosts.user"}`,
    );
  if (noForwarding.test(own))
    return of(`${place} lets no connection through: set AllowTcpForwarding yes in its sshd_config`);
  if (hangs.test(own)) return of(`${place}: ${own}`);
  const way = proxy && !ofBastion ? ` through the bastion ${proxy.host}` : "";
  return of(`does not answer at ${place}${way}: ${own}`);
}
