import fc from "fast-check";
import { hostileJson } from "./json.ts";

/** Answers of a peer's daemon and of a host's program: good documents that were changed, and what is no document. */

const at = "2026-11-29T12:00:00.000Z";
const server = {
  ...{
    name: "wg1",
    address: "10.0.1.41",
    port: 18181,
    lastResort: false,
    state: "online",
    cause: null,
    latencyMs: 12,
  },
  ...{ haproxy: "up", preferred: true, held: null, measuredAt: at, why: "the best one" },
};
export const goodEgressPage = {
  ...{ host: "haproxy2", at, haproxy: { answers: true, problem: null } },
  vip: { address: "10.0.1.100", moves: true, givenUp: false, able: true, holder: false },
  groups: [
    {
      name: "main",
      port: 7891,
      essential: true,
      usable: true,
      preferred: "wg1",
      switches: [],
      servers: [server],
    },
  ],
};

const sha = "0".repeat(64);
export const goodReport = {
  ...{
    host: "haproxy1",
    bundle: { live: sha, since: at, previous: [] },
    unfinished: null,
    edited: ["etc/a"],
  },
  units: [{ unit: "haproxy.service", active: "active", sub: "running", restarts: 1 }],
  ...{
    full: ["haproxy: 10 of 10 connections"],
    warnings: ["a certificate ends soon"],
    problems: ["no answer"],
  },
  node: {
    ...{
      holder: true,
      virtualAddress: "10.0.1.100",
      servers: [{ name: "db1-6432", state: "UP", check: "L7OK", sessions: 3 }],
    },
    haproxy: {
      ...{ version: "3.0.11", uptimeS: 12, connections: 3 },
      workers: [
        { pid: 7, old: false, reloads: 0, connections: 2 },
        { pid: 6, old: true, reloads: 1, connections: null },
      ],
    },
  },
  pool: null,
};

export const hostReports = fc.oneof(
  { weight: 5, arbitrary: hostileJson(goodReport) },
  hostileJson(goodEgressPage),
);

const framings: readonly ((body: string) => string)[] = [
  (body) => `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  (body) => `HTTP/1.1 200 OK\r\n\r\n${body}`,
  (body) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length + 5}\r\n\r\n${body}`,
  (body) => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n${body}`,
  (body) => `HTTP/1.1 302 Found\r\nLocation: /egress\r\nContent-Length: 0\r\n\r\n${body}`,
  (body) => `HTTP/1.1 100 Continue\r\n\r\n${"HTTP/1.1 102 Processing\r\n\r\n".repeat(200)}${body}`,
  (body) =>
    `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  (body) => `HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(4000)}\r\n${body}`,
  (body) => body,
  (body) => `HTTP/1.1 200 OK\r\n\r\n${body.padEnd(3_000_000, " ")}`,
];

export const pageAnswers = fc.record({
  answer: fc
    .tuple(fc.constantFrom(...framings), hostileJson(goodEgressPage))
    .map(([framing, body]) => framing(body)),
  // Most end: one that goes on costs its whole deadline.
  closes: fc.integer({ min: 0, max: 19 }).map((number) => number > 0),
});
