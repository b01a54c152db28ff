import { createConnection } from "node:net";
import { shellWord } from "../../base/commands.ts";
import { Failure } from "../../base/failure.ts";
import { waitFor } from "../../base/waitFor.ts";
import type { BootSettings } from "./booted.ts";
import { type Channel, overChannel } from "./channel.ts";

const port = 22;

/** How it is found out whether a machine is reached. */
interface Probe {
  isReached(address: string): Promise<boolean>;
  /** A machine that has just booted, or got another address, answers within this. */
  readonly patienceMs: number;
}

const tcp: Probe = { isReached: acceptsLogins, patienceMs: 60_000 };

/** Whether SSH at an address answers this machine. */
export function acceptsLogins(address: string): Promise<boolean> {
  return connects(address, 3000);
}

/**
 * Waits until this machine reaches a virtual one at its address. A host whose address has changed still has the firewall
 * of the one before: SSH at the new one is let in until the next bundle brings its own rules.
 * @param before the address that it had
 * @throws Failure that says where the way ends
 */
export async function reachAddress(
  channel: Channel,
  { address, netmask, bridge }: BootSettings,
  before: string | undefined,
  { isReached, patienceMs } = tcp,
): Promise<void> {
  if (before === address && (await isReached(address))) return;
  const words = [address, netmask, before ?? ""].map(shellWord).join(" ");
  const verdict = await overChannel(channel, `sudo sh -euc ${shellWord(letIn)} sh ${words}`);
  if (verdict !== "there")
    throw new Failure(
      `${channel.machine}: has not the address ${address} that Vagrant was to give it: vagrant reload ${channel.machine}, then run this again`,
    );
  const reached = await waitFor(patienceMs, async () => (await isReached(address)) || undefined, {
    everyMs: 250,
  });
  if (reached === undefined)
    throw new Failure(
      `${channel.machine}: runs and has the address ${address}, and this machine does not reach it through ${bridge}: check that vagrant.bridge is the adapter by which this machine is on that network (docs/vagrant.md says which Wi-Fi networks let no bridge through)`,
    );
}

/** With the arguments ADDRESS NETMASK BEFORE; prints `there` where the host has the address. */
const letIn = `
device=$(ip -o -4 address show to "$1/32" | { read -r _ device _ || :; echo "$device"; })
[ -n "$device" ] || { echo missing; exit 0; }
if [ -n "$3" ] && [ "$3" != "$1" ]; then
  for old in $(ip -o -4 address show dev "$device" to "$3/32" | while read -r _ _ _ old _; do echo "$old"; done); do
    ip address del "$old" dev "$device"
  done
fi
if iptables -S ufw-user-input >/dev/null 2>&1; then
  iptables -C ufw-user-input -p tcp --dport ${port} -d "$1" -s "$1/$2" -j ACCEPT 2>/dev/null ||
    iptables -I ufw-user-input -p tcp --dport ${port} -d "$1" -s "$1/$2" -j ACCEPT
fi
echo there`;

function connects(host: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: timeoutMs });
    const end = (reached: boolean) => () => {
      socket.destroy();
      resolve(reached);
    };
    socket.once("connect", end(true));
    socket.once("timeout", end(false));
    socket.once("error", end(false));
  });
}
