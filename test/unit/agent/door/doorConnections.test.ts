import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { Agent } from "node:https";
import { connect } from "node:net";
import { connect as connectTls, type PeerCertificate, type TLSSocket } from "node:tls";
import { expect, test, vi } from "vitest";
import { signed } from "../../../harness/certificates.ts";
import { ask, authority, served, tokens, writeCertificate } from "./doorFixtures.ts";

const writer = { token: tokens.writer };

test("a source has a limited number of connections, and a silent one ends", async () => {
  using api = await served();
  const silent = Array.from({ length: 140 }, () => connect({ host: "127.0.0.1", port: api.port }));
  for (const socket of silent) socket.on("error", () => undefined).resume();
  try {
    await vi.waitUntil(() => silent.filter(({ destroyed }) => destroyed).length >= 12, { timeout: 3000 });
    const other = new Agent({ localAddress: "127.0.0.2" });
    expect((await ask(api, "/api/routes", { agent: other, ...writer })).status).toBe(200);
    await vi.waitUntil(() => silent.every(({ destroyed }) => destroyed), { timeout: 8000 });
  } finally {
    for (const socket of silent) socket.destroy();
  }
}, 20_000);

test("TLS 1.1 is refused", async () => {
  using api = await served();
  const old = connectTls({
    ...{ host: "127.0.0.1", port: api.port, ca: authority.certificate },
    ...{ minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" },
  });
  const [error] = await once(old, "error");
  expect(String(error)).toMatch(/alert|version|protocol/i);
});

async function shown(port: number): Promise<{ socket: TLSSocket; certificate: PeerCertificate }> {
  const socket = connectTls({ host: "127.0.0.1", port, ca: authority.certificate });
  await once(socket, "secureConnect");
  return { socket, certificate: socket.getPeerCertificate() };
}

test("a new certificate is shown to new connections and closes none; a broken one leaves it", async () => {
  using api = await served();
  const before = await shown(api.port);
  writeCertificate(api.config, signed("renewed", authority, "IP:127.0.0.1"));
  const seen = async () => {
    const { socket, certificate } = await shown(api.port);
    socket.destroy();
    return certificate.subject.CN;
  };
  await vi.waitUntil(async () => (await seen()) === "renewed", { timeout: 6000 });
  before.socket.write(
    `GET /api/routes HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${tokens.reader}\r\n\r\n`,
  );
  const [answer] = await once(before.socket, "data");
  expect(String(answer)).toMatch(/^HTTP\/1\.1 200/);
  before.socket.destroy();
  writeFileSync(api.config.keyFile, authority.key);
  await vi.waitUntil(() => api.journal.some((line) => line.includes("the old one stays in use")), {
    timeout: 6000,
  });
  expect(await seen()).toBe("renewed");
}, 20_000);

test("without a certificate that can be used root is served all the same, and others as soon as there is one", async () => {
  using api = await served({ hasNoCertificate: true });
  expect((await ask({ socketPath: api.socket }, "/api/routes")).status).toBe(200);
  const isServed = () =>
    ask(api, "/api/openapi.json").then(
      () => true,
      () => false,
    );
  expect(await isServed()).toBe(false);
  expect(api.journal.join()).toContain("nobody is served over TLS");
  writeCertificate(api.config, signed("door", authority, "IP:127.0.0.1"));
  await vi.waitUntil(isServed, { timeout: 6000 });
});
