import * as z from "zod";

const Ms = z.number().min(0);

/** What outlasts the loop; the rest is seen anew. */
const Kept = z.object({
  /** Whether the track file keeps this node from the virtual address. */
  givenUp: z.boolean(),
  /** Give-ups that are not forgotten yet; each doubles the hold-down. */
  giveUps: z.int().min(0),
  /** Epoch; 0 where there was none. */
  gaveUpAtMs: Ms,
  /** It gives up no more until then, because nobody took what it gave up; epoch, 0 where that never was. */
  keepsUntilMs: Ms,
  /** When this node last found its egress dead and no peer, epoch; 0 where it never did. */
  aloneAtMs: Ms,
});

/** When each server of the dead groups was last measured, epoch, by `group/server`. */
export type Measured = Readonly<Record<string, number>>;

/** What a node knows of its own give-ups; plain data. */
export interface VipMemory extends Readonly<z.infer<typeof Kept>> {
  /** The measurements by which a peer was first found better off; null while none is. */
  readonly suspectedBy: Measured | null;
  /** Since when everything of its own works again while it has given up, epoch; null while it does not. */
  readonly worksSinceMs: number | null;
  /** Since when nobody is seen to hold what it gave up, epoch; null while somebody is. */
  readonly unheldSinceMs: number | null;
}

export const emptyVipMemory: VipMemory = {
  givenUp: false,
  suspectedBy: null,
  worksSinceMs: null,
  unheldSinceMs: null,
  giveUps: 0,
  gaveUpAtMs: 0,
  keepsUntilMs: 0,
  aloneAtMs: 0,
};

/** What was remembered, from whatever source; what is no memory at all counts as none. */
export function adoptVip(remembered: unknown): VipMemory {
  return { ...emptyVipMemory, ...Kept.safeParse(remembered).data };
}
