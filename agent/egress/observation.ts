import type { ServerState } from "../../contract/egressPage.ts";

/** Why no TCP connection to the proxy was established. */
export const offlineCauses = ["refused", "unreachable", "connect-timeout", "local-error"] as const;

/** The proxy's reasons for refusing a CONNECT, in the order of the SOCKS5 reply codes from 1 on. */
export const replyCauses = [
  "proxy-failure",
  "proxy-not-allowed",
  "proxy-network-unreachable",
  "proxy-host-unreachable",
  "proxy-connection-refused",
  "proxy-ttl-expired",
  "proxy-command-unsupported",
  "proxy-address-unsupported",
] as const;

/** Why a proxy that accepts connections carries no traffic. */
const degradedCauses = [
  "not-socks",
  "auth-required",
  ...replyCauses,
  "proxy-refused",
  "closed-early",
  "request-timeout",
  "tls-failed",
  "certificate-untrusted",
  "bad-response",
  "not-warp",
] as const;

export type OfflineCause = (typeof offlineCauses)[number];
type DegradedCause = (typeof degradedCauses)[number];
export type Cause = OfflineCause | DegradedCause;

/** Causes that may lie in this host alone: its clock, its certificates, its limits on files or memory. */
export const ownCauses: ReadonlySet<Cause> = new Set(["local-error", "certificate-untrusted"]);

/** What one measurement of a proxy found. */
export interface Observation {
  readonly server: string;
  /** When the measurement ended, ms since the epoch. */
  readonly atMs: number;
  readonly state: ServerState;
  /** Null where the proxy is online. */
  readonly cause: Cause | null;
  /** Of the whole request through the proxy, from the first packet to the target's answer; null unless online. */
  readonly latencyMs: number | null;
}

/** As haproxy sees a server; `maint` covers drain: an operator wants no new connections there. */
export type HaproxyServerState = "up" | "down" | "maint";
