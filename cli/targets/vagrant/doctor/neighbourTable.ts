import * as z from "zod";

/** What `ip` of iproute2 says of this machine's ways to its neighbours. Pure. */

/** Whether a machine of the network answers for an address. */
export type Neighbour =
  | {
      readonly state: "answers";
      /** Its hardware address. */
      readonly link: string;
    }
  /** This machine itself has the address. */
  | { readonly state: "own" }
  | { readonly state: "silent" }
  /** Packets for the address leave by another device than those of its network. */
  | { readonly state: "elsewhere"; readonly device: string }
  | { readonly state: "unknown"; readonly reason: string };

const Routes = z.array(
  z.looseObject({
    type: z.optional(z.string()),
    dev: z.optional(z.string()),
    gateway: z.optional(z.string()),
  }),
);

/** How a packet to an address leaves this machine. */
export type Way =
  | { readonly state: "way"; readonly device: string }
  | Extract<Neighbour, { state: "own" | "elsewhere" | "unknown" }>;

/**
 * Reads `ip -j -4 route get ADDRESS`: on which device a neighbour of that address would be asked.
 * @param devices those that are on its network
 */
export function wayIn(json: string, devices: readonly string[]): Way {
  const [route] = Routes.parse(JSON.parse(json || "[]"));
  if (route?.type === "local") return { state: "own" };
  if (route?.dev === undefined) return { state: "unknown", reason: "this machine has no way to it" };
  if (!devices.includes(route.dev)) return { state: "elsewhere", device: route.dev };
  if (route.gateway !== undefined)
    return {
      state: "unknown",
      reason: `this machine is not on its network, and sends packets for it to ${route.gateway}`,
    };
  return { state: "way", device: route.dev };
}

const Entries = z.array(
  z.looseObject({
    dst: z.optional(z.string()),
    dev: z.optional(z.string()),
    lladdr: z.optional(z.string()),
    /** Seconds since an answer was seen last. */
    confirmed: z.optional(z.int()),
    state: z.optional(z.array(z.string())),
  }),
);
export type Entries = z.infer<typeof Entries>;

/** Reads `ip -s -j -4 neighbour show`. */
export function entriesIn(json: string): Entries {
  return Entries.parse(JSON.parse(json || "[]"));
}

interface Question {
  readonly address: string;
  readonly device: string;
  /** Something has answered a packet to that address just now. */
  readonly isHeard: boolean;
}

/**
 * What the kernel has found out since it was given a packet for an address; undefined while it is still asking. It keeps
 * an answer for up to 45 s without asking again: one from before counts for nothing, as the machine may be gone.
 * @param askedMs time since the first packet; the kernel tells whole seconds, so that an answer within the last second
 * before it counts too
 */
export function verdictOn(
  { address, device, isHeard }: Question,
  entries: Entries,
  askedMs: number,
): Neighbour | undefined {
  const entry = entries.find(({ dst, dev }) => dst === address && dev === device);
  // A tunnel, or a firewall of this machine, answers in nobody's name: nothing is known by ARP there.
  if (entry === undefined) return { state: "unknown", reason: `nobody can be asked by ${device}` };
  if (entry.state?.includes("FAILED")) return { state: "silent" };
  const { lladdr, confirmed } = entry;
  if (lladdr === undefined) return undefined;
  const isNew = confirmed !== undefined && confirmed * 1000 <= askedMs;
  return isHeard || isNew ? { state: "answers", link: lladdr } : undefined;
}
