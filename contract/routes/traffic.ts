/** What HAProxy counts of each route in its stick tables, by whose counters the agent tells Prometheus of it. */

/** Tables by host name: answers; requests that an open circuit has refused; requests beyond a route's limit. */
export const trafficTables = {
  answers: "edge-routes",
  circuit: "edge-open",
  connections: "edge-full",
} as const;

/** Answers by the class of their status, at the first counters. The first one also opens a route's circuit. */
export const statusClasses = [
  { name: "5xx", from: 500, to: 999 },
  { name: "2xx", from: 200, to: 299 },
  { name: "3xx", from: 300, to: 399 },
  { name: "4xx", from: 400, to: 499 },
  { name: "1xx", from: 100, to: 199 },
] as const;

/** The counter after them: time from a request's head to that of its answer, altogether, in units of so many µs. */
export const timeUnitUs = 100;
/** The counters after that: answers by their time, up to each of these bounds, ms; the last counter has all later ones. */
export const timeBoundsMs = [1, 5, 25, 100, 250, 500, 1000, 2500, 10_000] as const;

export const timeCounter = statusClasses.length;
/** Counters of the table of answers. */
export const answerCounters = timeCounter + 1 + timeBoundsMs.length + 1;
