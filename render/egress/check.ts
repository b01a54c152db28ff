import { isAddress } from "../../topology/ip.ts";
import { bytes, hex, list8 } from "./bytes.ts";
import { clientHello } from "./clientHello.ts";

/** One question of haproxy's `tcp-check` and what a good answer begins with. */
export interface CheckStep {
  /** Hex. */
  readonly send: string;
  readonly match: "rbinary" | "rstring";
  /** A regular expression; `rbinary` looks at hex. Anchored: an answer that refuses may hold a good one's bytes. */
  readonly expect: string;
  /** For stats and logs. */
  readonly comment: string;
}

/** SOCKS5 (RFC 1928) to a proxy, through it to the target, and the target's own first word. */
export function checkSteps(target: string): readonly CheckStep[] {
  const url = new URL(target);
  return [
    { send: "050100", match: "rbinary", expect: "^0500", comment: "SOCKS5 greeting" },
    { send: socksConnect(url), match: "rbinary", expect: "^050000", comment: "CONNECT to the target" },
    url.protocol === "https:"
      ? {
          send: clientHello(isAddress(url.hostname) ? undefined : url.hostname),
          match: "rbinary",
          expect: "^1603",
          comment: "TLS answer of the target",
        }
      : {
          send: hex(Buffer.from(headRequest(url), "latin1")),
          match: "rstring",
          expect: "'^HTTP/1\\.[01] [1-4]'",
          comment: "HTTP answer of the target",
        },
  ];
}

/** The CONNECT request; a name goes to the proxy as it is, which resolves it. */
function socksConnect({ hostname, port, protocol }: URL): string {
  const address = isAddress(hostname)
    ? bytes([1], hostname.split(".").map(Number))
    : bytes([3], list8(Buffer.from(hostname, "ascii")));
  const number = Number(port) || (protocol === "https:" ? 443 : 80);
  return hex(bytes([5, 1, 0], address, [number >> 8, number & 0xff]));
}

function headRequest({ host, pathname, search }: URL): string {
  return `HEAD ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: hapair\r\nConnection: close\r\n\r\n`;
}
