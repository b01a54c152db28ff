import { factsOf } from "../haproxy/info.ts";
import type { RuntimeClient } from "../haproxy/runtime.ts";
import { statLines } from "../haproxy/stats.ts";
import { type Figures, figuresOf, type Sample } from "./figures.ts";

/** Whoever asks again within this time gets the same sample, ms. */
const freshMs = 1000;
/** Between two samples of which a rate is made, ms: one over less is a guess. */
const apartMs = 5000;

export interface Sampling {
  /** HAProxy's figures now, with rates over the last seconds. Rejects with a RuntimeError. */
  figures(): Promise<Figures>;
  /** The last sample; takes one where one is due, also for later rates. Rejects with a RuntimeError. */
  keepUp(): Promise<Sample>;
}

export function openSampling(runtime: RuntimeClient): Sampling {
  let last: { readonly atMs: number; readonly sample: Promise<Sample> } | undefined;
  /** The last two that are far enough apart. */
  let kept: readonly [newer: Sample, older?: Sample] | undefined;

  async function take(): Promise<Sample> {
    // One after the other: a HAProxy that hangs is waited for once.
    const facts = factsOf(await runtime.ask("show info"));
    const lines = statLines(await runtime.ask("show stat"));
    const sample = { atMs: performance.now(), facts, lines };
    if (kept === undefined || sample.atMs - kept[0].atMs >= apartMs)
      kept = kept === undefined ? [sample] : [sample, kept[0]];
    return sample;
  }

  function fresh(withinMs: number): Promise<Sample> {
    const atMs = performance.now();
    if (last === undefined || atMs - last.atMs >= withinMs) last = { atMs, sample: take() };
    return last.sample;
  }

  return {
    figures: async () => {
      const sample = await fresh(freshMs);
      const [newer, older] = kept ?? [];
      return figuresOf(sample, newer === sample ? older : newer);
    },
    keepUp: () => fresh(apartMs),
  };
}
