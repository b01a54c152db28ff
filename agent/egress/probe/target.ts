import { isIP } from "node:net";

/** What is asked through a proxy. */
export interface Target {
  readonly method: "HEAD" | "GET";
  readonly secure: boolean;
  /** Name or address without brackets; the proxy resolves a name. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** As the Host header has it. */
  readonly authority: string;
  /** For the TLS server name; empty for an address, which has none. */
  readonly serverName: string;
}

export function targetOf(address: string, method: Target["method"]): Target {
  const url = new URL(address);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const secure = url.protocol === "https:";
  return {
    method,
    secure,
    host,
    port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    authority: url.host,
    serverName: isIP(host) === 0 ? host : "",
  };
}
