import * as z from "zod";
import { answerCounters, statusClasses, timeBoundsMs, timeUnitUs } from "../../../contract/routes/traffic.ts";

/** HAProxy's ranges of integers, such as `10:49`, in the order of the counters. */
export const CountedView = z.strictObject({
  statuses: z.array(z.string()).min(1),
  unitUs: z.int(),
  /** Answers whose time is within `range`. Where `until` is set, those up to it need no look at later ranges. */
  times: z
    .array(z.strictObject({ range: z.string(), until: z.union([z.literal(false), z.string()]) }))
    .min(1),
  counters: z.int(),
});

/** Most answers begin within this time. */
const soonMs = 100;

/** What HAProxy counts of a route's answers. */
export function countedView(): z.input<typeof CountedView> {
  const bounds = timeBoundsMs.map((ms) => (ms * 1000) / timeUnitUs);
  const last = (at: number) => (bounds[at] === undefined ? "" : bounds[at] - 1);
  return {
    statuses: statusClasses.map(({ from, to }) => `${from}:${to}`),
    unitUs: timeUnitUs,
    times: [...bounds, undefined].map((_, at) => ({
      range: `${bounds[at - 1] ?? ""}:${last(at)}`,
      until: timeBoundsMs[at] === soonMs && `:${last(at)}`,
    })),
    counters: answerCounters,
  };
}
