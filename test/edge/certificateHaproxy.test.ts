import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type AskAdministrator,
  mostPemBytes,
  replaceCertificate,
  shownFingerprint,
} from "../../agent/haproxy/certificates.ts";
import { factsOf } from "../../agent/haproxy/info.ts";
import { ask } from "../../agent/haproxy/runtime.ts";
import { certificatesIn } from "../../base/certificates.ts";
import { type Signed, signed } from "../harness/certificates.ts";
import { RealHaproxy } from "./routesHaproxy/realHaproxy.ts";

/** What HAProxy 3.0 itself answers to another certificate while it runs. */
let haproxy: RealHaproxy;
let root: Signed;
let first: Signed;
let second: Signed;

const name = "DNS:shop.example.com";
const administrator: AskAdministrator = (command, payload) =>
  ask(haproxy.socket, command, { timeoutMs: 5000, ...(payload !== undefined && { payload }) });
const pem = ({ certificate, key }: Signed, more = "") => `${certificate}${more}${key}`;
const fingerprint = ({ certificate }: Signed) =>
  certificatesIn(certificate)[0]?.fingerprint.replaceAll(":", "");

async function open(): Promise<TLSSocket> {
  const socket = connect({
    host: "127.0.0.1",
    port: haproxy.ports.edge,
    ca: root.certificate,
    servername: "shop.example.com",
  });
  await once(socket, "secureConnect");
  return socket;
}
async function answerOn(socket: TLSSocket): Promise<string> {
  socket.write("GET / HTTP/1.1\r\nHost: shop.example.com\r\n\r\n");
  const [answer] = await once(socket, "data");
  return String(answer).split("\r\n", 1)[0] ?? "";
}
async function shownToClients(): Promise<string> {
  const socket = await open();
  const { fingerprint } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint.replaceAll(":", "");
}

beforeAll(async () => {
  root = signed("root");
  [first, second] = [signed("shop", root, name), signed("shop", root, name)];
  haproxy = await RealHaproxy.make((folder, { edge, probe }) => {
    writeFileSync(`${folder}/edge.pem`, pem(first));
    return `
global
    default-path config
    stats socket ${folder}/operator.sock mode 600 level admin
defaults
    mode http
    timeout connect 1s
    timeout client 60s
    timeout server 3s
frontend edge
    bind 127.0.0.1:${edge} ssl crt edge.pem
    bind 127.0.0.1:${probe} ssl crt edge.pem
    http-request return status 200
`;
  });
});
afterAll(() => haproxy?.remove());

describe("HAProxy", () => {
  it("shows a new certificate to new connections, answers on those that are open, and stays the same process", async () => {
    const { pid } = factsOf(await haproxy.info());
    const kept = await open();
    expect(await answerOn(kept)).toContain("200");
    await replaceCertificate(administrator, "edge.pem", pem(second));
    expect(await shownFingerprint(administrator, "edge.pem")).toBe(fingerprint(second));
    expect(await shownToClients()).toBe(fingerprint(second));
    expect(await answerOn(kept)).toContain("200");
    kept.destroy();
    expect(factsOf(await haproxy.info()).pid).toBe(pid);
  });

  it.each<readonly [string, () => readonly [name: string, pem: string], RegExp]>([
    [
      "of another key",
      () => ["edge.pem", pem({ ...first, key: second.key })],
      /inconsistencies between private key/,
    ],
    ["that is none", () => ["edge.pem", `${"a".repeat(64)}\n`], /haproxy refuses the certificate edge\.pem/],
    [
      "of a name that it does not have",
      () => ["other.pem", pem(first)],
      /not referenced by the configuration/,
    ],
    [
      "that is larger than its buffer",
      () => ["edge.pem", pem(first, root.certificate.repeat(30))],
      /too big for the buffer/,
    ],
  ])("refuses one %s, goes on with the one before, and takes the next", async (_, given, words) => {
    await replaceCertificate(administrator, "edge.pem", pem(second));
    await expect(replaceCertificate(administrator, ...given())).rejects.toThrow(words);
    expect(await shownToClients()).toBe(fingerprint(second));
    await replaceCertificate(administrator, "edge.pem", pem(first));
    expect(await shownToClients()).toBe(fingerprint(first));
  });

  it("takes as many bytes as hapair gives it", async () => {
    const room = mostPemBytes - pem(second).length;
    const many = Math.floor((room - 1) / root.certificate.length);
    const rest = room - many * root.certificate.length;
    // What stands between certificates counts too.
    const filled = `${root.certificate.repeat(many)}${"a".repeat(rest - 1)}\n`;
    expect(pem(second, filled)).toHaveLength(mostPemBytes);
    await replaceCertificate(administrator, "edge.pem", pem(second, filled));
    expect(await shownToClients()).toBe(fingerprint(second));
  });
});
