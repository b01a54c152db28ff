import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type Server, type TlsOptions } from "node:tls";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkSteps, clientHello } from "../../../render/services/haproxy/check.ts";

/** The regular expression of the check's last step, as haproxy looks at it: the answer's bytes as upper-case hex. */
const expected = new RegExp(checkSteps("https://10.0.1.40").at(-1)?.expect ?? "");

let folder: string;
let identities: Readonly<Record<string, { readonly key: string; readonly cert: string }>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hapair-hello-"));
  const make = async (name: string, algorithm: readonly string[]) => {
    const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
    const words = ["-x509", "-nodes", "-days", "2", "-subj", "/CN=target", "-keyout", key, "-out", cert];
    await execa("openssl", ["req", ...words, ...algorithm]);
    return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
  };
  identities = {
    ECDSA: await make("ec", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    RSA: await make("rsa", ["-newkey", "rsa:2048"]),
  };
}, 30_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function listen(options: TlsOptions): Promise<Server> {
  const server = createServer(options).listen(0, "127.0.0.1");
  // It meets a client that leaves in the middle of the handshake, as haproxy does.
  server.on("tlsClientError", () => {});
  await once(server, "listening");
  return server;
}

/** Everything that the server says to `hello` before it waits for more: its first flight ends with a whole record. */
async function answer(server: Server, hello: string): Promise<Buffer> {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.write(Buffer.from(hello, "hex"));
  const [first] = await once(socket, "data");
  socket.destroy();
  return first;
}

describe("haproxy's ClientHello", () => {
  test.each([
    ["TLSv1.3", "ECDSA"],
    ["TLSv1.3", "RSA"],
    ["TLSv1.2", "ECDSA"],
    ["TLSv1.2", "RSA"],
  ] as const)("is answered by a %s server with an %s certificate", async (version, kind) => {
    const server = await listen({ ...identities[kind], minVersion: version, maxVersion: version });
    for (const name of [undefined, "target.example"]) {
      const hex = (await answer(server, clientHello(name))).toString("hex").toUpperCase();
      expect(hex).toMatch(expected);
      // Handshake type 2, ServerHello: neither an alert nor a server that speaks another protocol.
      expect(hex.slice(10, 12)).toBe("02");
    }
    server.close();
  });

  test("costs a TLS 1.3 server neither signature nor certificate: a HelloRetryRequest of some 100 bytes", async () => {
    const server = await listen({ ...identities.RSA });
    const bytes = await answer(server, clientHello(undefined));
    expect(bytes.length).toBeLessThan(120);
    // RFC 8446, 4.1.3: this random marks a HelloRetryRequest.
    expect(bytes.subarray(11, 15).toString("hex")).toBe("cf21ad74");
    server.close();
  });

  test("names the host that it asks for, and no address", async () => {
    const asked: string[] = [];
    const server = await listen({
      ...identities.ECDSA,
      maxVersion: "TLSv1.2",
      SNICallback: (name, done) => {
        asked.push(name);
        done(null);
      },
    });
    for (const target of ["https://target.example", "https://10.0.1.40"]) {
      await answer(server, checkSteps(target).at(-1)?.send ?? "");
    }
    expect(asked).toEqual(["target.example"]);
    server.close();
  });

  test("an alert is no answer to it", async () => {
    const server = await listen({ ...identities.RSA, maxVersion: "TLSv1.2", ciphers: "AES128-SHA" });
    expect((await answer(server, clientHello(undefined))).toString("hex")).not.toMatch(expected);
    server.close();
  });
});

test.each([
  ["https://10.0.1.40", "050100010A00012801BB"],
  ["https://10.0.1.40:8443", "050100010A00012820FB"],
  ["http://10.0.1.40", "050100010A0001280050"],
  ["https://a.example/x", `050100030961${Buffer.from(".example").toString("hex").toUpperCase()}01BB`],
])("%s is asked of a SOCKS5 proxy as %s", (target, connectRequest) => {
  expect(checkSteps(target)[1]?.send).toBe(connectRequest);
});

test("an http target is asked for its page's head, and takes any answer that its server itself gives", () => {
  const step = checkSteps("http://a.example:8080/x?y=1").at(-1);
  expect(Buffer.from(step?.send ?? "", "hex").toString()).toBe(
    "HEAD /x?y=1 HTTP/1.1\r\nHost: a.example:8080\r\nUser-Agent: hapair\r\nConnection: close\r\n\r\n",
  );
  const pattern = new RegExp((step?.expect ?? "").replaceAll("'", ""));
  expect(
    ["HTTP/1.0 200 OK", "HTTP/1.1 301 Moved", "HTTP/1.1 404 Not Found"].map((line) => pattern.test(line)),
  ).toEqual([true, true, true]);
  expect(
    ["HTTP/1.1 502 Bad Gateway", "x HTTP/1.1 200 OK", "SSH-2.0"].map((line) => pattern.test(line)),
  ).toEqual([false, false, false]);
});
