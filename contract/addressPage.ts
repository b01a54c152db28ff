import * as z from "zod";

/** keepalived's own words for the state of its instance (keepalived.conf(5), notify scripts). */
export const vrrpStates = ["MASTER", "BACKUP", "FAULT"] as const;
export type VrrpState = (typeof vrrpStates)[number];

const Time = z.iso.datetime();

/** The mover's state at `/address`: for people, and for the peers, which ask before they take the address. */
export const AddressPage = z.object({
  /** The virtual address. */
  address: z.string(),
  /** Null while keepalived does not run. */
  vrrp: z.nullable(z.enum(vrrpStates)),
  /** Whether AWS delivers the address to this node; null until that was found out. */
  mine: z.nullable(z.boolean()),
  /** `requested`: about to be; `accepted`: by the API, and not in effect yet. */
  move: z.nullable(z.enum(["requested", "accepted"])),
  /** Whether a peer is MASTER as well and has the address: nothing is moved then. */
  contested: z.boolean(),
  /** A silent peer took the address: not taken again before then. */
  holdOffUntil: z.nullable(Time),
  /** The last move to this node; its length counts from the moment from which this node was to have it. */
  lastMove: z.nullable(z.object({ at: Time, seconds: z.number() })),
  /** Why the last call of the API, or the last look for the address, failed; null where neither did. */
  problem: z.nullable(z.string()),
});
export type AddressPage = z.infer<typeof AddressPage>;
