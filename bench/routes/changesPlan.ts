import * as z from "zod";

/** Beginning of the names of routes that a transaction puts. */
export const transactionPrefix = "t";

/** What the bench's program that changes routes is told. */
export const ChangesPlan = z.strictObject({
  url: z.string(),
  ca: z.string(),
  token: z.string(),
  agent: z.string(),
  target: z.string(),
  /** Changes one after the other. */
  single: z.int(),
  /** Callers at once, each with one change after the other, and for how long, s. */
  callers: z.int(),
  seconds: z.number(),
  /** Transactions, and how many routes each puts: those of `transactionPrefix`. */
  transactions: z.int(),
  routes: z.int(),
});
export type ChangesPlan = z.infer<typeof ChangesPlan>;

/** What it has measured. Every change was on disk and served on both nodes when its call returned. */
export const ChangesResult = z.strictObject({
  singleMs: z.strictObject({ p50: z.number(), p99: z.number() }),
  perSecond: z.number(),
  transactionMs: z.array(z.number()),
});
export type ChangesResult = z.infer<typeof ChangesResult>;
