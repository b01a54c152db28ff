import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttp, type RequestListener } from "node:http";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { EgressServerConfig } from "../../../../contract/egressConfig.ts";

/** A name that only the SOCKS server of these tests resolves. */
export const unresolvable = "target.hapair.test";

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export interface TestCa {
  readonly ca: string;
  /** Issues a certificate for names such as `DNS:a.test` and `IP:127.0.0.1`. */
  issue(names: string): Certificate;
}

/** A new certificate authority by openssl; its folder is removed after the caller's tests. */
export function testCa(): TestCa {
  const folder = mkdtempSync(join(tmpdir(), "hapair-ca-"));
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  openssl("req", "-x509", ...key, "-subj", "/CN=test CA", "-keyout", "ca.key", "-out", "ca.pem");
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return {
    ca: readFileSync(file("ca.pem"), "utf8"),
    issue: (names) => {
      writeFileSync(file("names"), `subjectAltName=${names}\n`);
      openssl(
        "req",
        "-new",
        ...key.slice(0, -2),
        "-subj",
        "/CN=target",
        "-keyout",
        "it.key",
        "-out",
        "it.csr",
      );
      openssl(
        "x509",
        "-req",
        "-in",
        "it.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "2",
        "-extfile",
        "names",
        "-out",
        "it.pem",
      );
      return { key: readFileSync(file("it.key"), "utf8"), cert: readFileSync(file("it.pem"), "utf8") };
    },
  };
}

/** A listener on loopback, with its open connections. */
export interface Listening {
  readonly port: number;
  readonly open: ReadonlySet<Socket>;
  /** Number of connections so far. */
  accepted(): number;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function listening(server: Server): Promise<Listening> {
  const open = new Set<Socket>();
  let accepted = 0;
  server.on("connection", (socket: Socket) => {
    accepted += 1;
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    open,
    accepted: () => accepted,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

export const httpTarget = (answer: RequestListener) => listening(createHttp(answer));

export const httpsTarget = (
  certificate: Certificate,
  answer: RequestListener,
  onSecure?: (resumed: boolean) => void,
) => {
  const server = createHttps(certificate, answer);
  server.on("secureConnection", (socket) => onSecure?.(socket.isSessionReused()));
  server.on("tlsClientError", () => {});
  return listening(server);
};

/** A server that passes each connection to `serve`. */
export const rawServer = (serve: (socket: Socket) => void) => listening(createServer(serve));

/** A port whose listener accepts nothing and whose queue is full, so that the kernel drops new connections. */
export async function fullListener(): Promise<{ readonly port: number } & AsyncDisposable> {
  const program = `const server = require("node:net").createServer();
    server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
      require("node:fs").writeSync(1, String(server.address().port));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  const [text] = await once(child.stdout, "data");
  const port = Number(text);
  const fillers = [1, 2, 3, 4].map(() => connect({ host: "127.0.0.1", port }));
  for (const filler of fillers) filler.on("error", () => {});
  await eventually(() => fillers.filter(({ pending }) => !pending).length >= 2);
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      for (const filler of fillers) filler.destroy();
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

export interface AskedOfProxy {
  readonly host: string;
  readonly type: "address" | "name";
}

/** A correct SOCKS5 server without authentication: RFC 1928, CONNECT to IPv4 addresses and names. */
export function socksServer(asked: AskedOfProxy[] = []): Promise<Listening> {
  return rawServer((client) => void serve(client, asked).catch(() => client.destroy()));
}

async function serve(client: Socket, asked: AskedOfProxy[]): Promise<void> {
  const [, methods = 0] = await bytes(client, 2);
  await bytes(client, methods);
  client.write(Buffer.from([5, 0]));
  const [, , , type] = await bytes(client, 4);
  const length = type === 3 ? ((await bytes(client, 1))[0] ?? 0) : 4;
  const address = await bytes(client, length);
  const port = (await bytes(client, 2)).readUInt16BE();
  const host = type === 3 ? address.toString("latin1") : [...address].join(".");
  asked.push({ host, type: type === 3 ? "name" : "address" });
  const upstream = connect({ host: host === unresolvable ? "127.0.0.1" : host, port });
  client.on("close", () => upstream.destroy());
  upstream.on("close", () => client.destroy());
  upstream.on("error", () => client.end(Buffer.from([5, 5, 0, 1, 0, 0, 0, 0, 0, 0])));
  await once(upstream, "connect");
  client.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
  client.pipe(upstream);
  upstream.pipe(client);
}

async function bytes(socket: Socket, count: number): Promise<Buffer> {
  for (;;) {
    const read: Buffer | null = count === 0 ? Buffer.alloc(0) : socket.read(count);
    if (read !== null) return read;
    await once(socket, "readable");
  }
}

export function proxyAt(port: number, warp = false): EgressServerConfig {
  return { name: `wg${port}`, address: "127.0.0.1", port, lastResort: warp, warp };
}

/** Waits until the condition holds; fails after 5 s. */
export async function eventually(condition: () => boolean): Promise<void> {
  const end = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > end) throw new Error("the condition does not hold after 5 s");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
