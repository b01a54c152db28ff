import * as z from "zod";

/** Every error of the API by its code, with the HTTP status: one catalogue for the daemon, the client and the reference. */
export const problemCatalogue = {
  "bad-request": { status: 400, title: "The request is not what the API expects" },
  "bad-token": { status: 401, title: "The token is missing or unknown" },
  "bad-role": { status: 403, title: "The token's role does not allow this" },
  "forbidden-target": { status: 403, title: "The target is one that routes must not lead to" },
  "not-found": { status: 404, title: "There is nothing of this name" },
  "bad-method": { status: 405, title: "The address does not take this method" },
  "no-peer": { status: 409, title: "No other node could serve meanwhile" },
  taken: { status: 409, title: "Another agent has a route of this host name" },
  "no-backend": {
    status: 409,
    title: "All backends for routes with several targets, checks or a queue are taken",
  },
  changed: { status: 412, title: "The routes have changed since they were read" },
  "too-large": { status: 413, title: "The request is too large" },
  "probe-failed": { status: 422, title: "The target does not answer" },
  "too-many": { status: 429, title: "Too many requests" },
  refused: { status: 500, title: "HAProxy refuses the change" },
  internal: { status: 500, title: "The agent has failed" },
  unavailable: { status: 503, title: "The database of the routes cannot be used" },
  "circuit-open": { status: 503, title: "Circuit is open" },
  "not-everywhere": { status: 503, title: "A node cannot be reached, and the change was to be made on all" },
  timeout: { status: 504, title: "No answer in time" },
} as const;

export type ProblemCode = keyof typeof problemCatalogue;
export const problemCodes = Object.keys(problemCatalogue) as [ProblemCode, ...ProblemCode[]];

/** An error as the API answers it (RFC 9457, `application/problem+json`). */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(problemCodes),
  /** What was found, where, and the remedy. */
  detail: z.string(),
  /** Path of the field that is wrong, such as `changes.0.route.target`. */
  field: z.optional(z.string()),
});
export type Problem = z.output<typeof Problem>;
