import * as z from "zod";

/** How keepalived gets a core: in real time, or by its unit's `Nice=-20` alone, as where a host refuses real time. */
const Scheduling = z.enum(["real time", "nice"]);
export type Scheduling = z.infer<typeof Scheduling>;

const StressName = z.enum(["processor", "memory", "disk", "forks"]);
export type StressName = z.infer<typeof StressName>;
export const stressNames: readonly StressName[] = StressName.options;

const outages = z.array(z.number()).readonly();

/** A pause of the holder's machine, and whether another node took the address. */
const Pause = z.strictObject({ pausedMs: z.number(), moved: z.boolean() });
export type Pause = z.infer<typeof Pause>;

/** Other work on both nodes, and what it did to a pair that was well. */
const Stressed = z.strictObject({
  stress: StressName,
  seconds: z.number(),
  /** How often a node took the address. */
  moves: z.int(),
  /** Of each round in which the holder was lost meanwhile, ms. */
  outagesMs: outages,
});
export type Stressed = z.infer<typeof Stressed>;

/** What was measured with one interval of adverts and one scheduling of keepalived. */
export const CurvePoint = z.strictObject({
  advertMs: z.int(),
  scheduling: Scheduling,
  /** Of each round in which the holder was lost, without stress, ms. */
  outagesMs: outages,
  /** Empty where none was measured. */
  pauses: z.array(Pause).readonly(),
  /** Those that were measured. */
  stresses: z.array(Stressed).readonly(),
});
export type CurvePoint = z.infer<typeof CurvePoint>;
