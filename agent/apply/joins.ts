import { answeringMachine } from "../host/neighbours.ts";
import type { System } from "../host/system.ts";
import type { KnownBundle } from "../store/readBundle.ts";
import type { Plan } from "./plan.ts";

/** A holder on the same network answers within a few ms. The kernel asks again each second: one request may be lost. */
const answerMs = 2500;

/**
 * Whether this host is a node that has to wait until the holder has its bundle: another machine has the virtual address,
 * and this one would not hear from it in time and take the address as well. On EC2 every node has the address, and AWS
 * delivers it to one of them.
 */
export async function joins(host: System, { from, known }: Plan): Promise<boolean> {
  const { node } = known.config ?? {};
  if (node === undefined || node.vrrpFile !== undefined || !wouldNotHear(from, known)) return false;
  return (await answeringMachine(host, node.virtualAddress, answerMs)) !== undefined;
}

/**
 * Whether a holder that has the bundle of before is silent to a node with this one: it does not know a node without a
 * bundle, nor one at another address, and its adverts come too seldom for one that waits for less.
 */
function wouldNotHear(from: KnownBundle | undefined, known: KnownBundle): boolean {
  if (from === undefined) return true;
  const [before, after] = [vrrpOf(from), vrrpOf(known)];
  return before.address !== after.address || after.downTimerS < before.downTimerS;
}

/** What keepalived is told, since bundles of every version have it. Times are 0 where it has none. */
function vrrpOf({ bundle }: KnownBundle): { readonly address: string; readonly downTimerS: number } {
  const text = bundle.files.find(({ path }) => path === "etc/keepalived/keepalived.conf")?.text ?? "";
  const value = (key: string) => new RegExp(`^\\s*${key} (\\S+)$`, "m").exec(text)?.[1] ?? "";
  return {
    address: value("unicast_src_ip"),
    downTimerS: Number(value("advert_int")) * Number(value("down_timer_adverts")),
  };
}
