import { isAddress } from "../../../topology/ip.ts";

/** One step of haproxy's `tcp-check`: bytes to send, and the start of a good answer. */
export interface CheckStep {
  /** Hex. */
  readonly send: string;
  readonly match: "rbinary" | "rstring";
  /** Regular expression; `rbinary` matches hex. Anchored, because a refusal may contain the bytes of a good answer. */
  readonly expect: string;
  /** Shown in stats and logs. */
  readonly comment: string;
}

/** SOCKS5 (RFC 1928) to a proxy, CONNECT through it to the target, and the start of the target's own answer. */
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

/** The CONNECT request. A host name is sent as it is: the proxy resolves it. */
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

const extensions = { serverName: 0, groups: 10, signatures: 13, versions: 43, keyShares: 51 } as const;

/** The suites of TLS 1.3, of which every server supports one (RFC 8446, 9.1), and common suites of TLS 1.2. */
const cipherSuites = [0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8];
/** x25519, secp256r1, secp384r1. */
const groups = [0x001d, 0x0017, 0x0018];
/** ECDSA, RSA-PSS and RSA-PKCS1 with SHA-256, -384 and -512. */
const signatures = [0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601];
const versions = [0x0304, 0x0303];

/**
 * A TLS ClientHello as hex, for TLS 1.2 and 1.3. Always the same bytes, so that rendered files do not change.
 * It offers no key share: a TLS 1.3 server answers with a short HelloRetryRequest (RFC 8446, 4.2.8) and neither signs
 * anything nor sends a certificate. This keeps the checks cheap, which run about twice a second.
 * @param name for SNI; undefined for an address, which SNI does not allow (RFC 6066, 3)
 */
export function clientHello(name: string | undefined): string {
  const hello = bytes(
    [3, 3],
    new Uint8Array(32).fill(0x5a),
    list8(new Uint8Array(32).fill(0xa5)),
    list16(uint16s(cipherSuites)),
    list8([0]),
    list16(
      bytes(
        name === undefined
          ? []
          : extension(extensions.serverName, list16(bytes([0], list16(Buffer.from(name, "ascii"))))),
        extension(extensions.groups, list16(uint16s(groups))),
        extension(extensions.signatures, list16(uint16s(signatures))),
        extension(extensions.versions, list8(uint16s(versions))),
        extension(extensions.keyShares, list16([])),
      ),
    ),
  );
  // Handshake type 1 with a length of three bytes, in a TLS 1.0 record: some middleboxes accept no other version.
  return hex(bytes([0x16, 3, 1], list16(bytes([1, 0], list16(hello)))));
}

function extension(type: number, body: Uint8Array): Uint8Array {
  return bytes(uint16s([type]), list16(body));
}

function uint16s(values: readonly number[]): Uint8Array {
  return bytes(...values.map((value) => [value >> 8, value & 0xff]));
}

function bytes(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A vector with its length in one byte. */
function list8(content: Uint8Array | readonly number[]): Uint8Array {
  return bytes([content.length], content);
}

/** A vector with its length in two bytes. */
function list16(content: Uint8Array | readonly number[]): Uint8Array {
  return bytes([content.length >> 8, content.length & 0xff], content);
}

function hex(content: Uint8Array): string {
  return Buffer.from(content).toString("hex").toUpperCase();
}
