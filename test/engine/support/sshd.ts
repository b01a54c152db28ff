import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../../harness/freePort.ts";
import { sshKeyPair } from "../../harness/sshKeyPair.ts";
import { opensshServer } from "./opensshServer.ts";

/** A real OpenSSH server on loopback, for the current user; it changes no file of the system. */
export interface Sshd {
  host: string;
  port: number;
  user: string;
  privateKey: string;
  /** The host key as a line of `authorized_keys`. */
  hostKey: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Stops it and removes its files. */
  remove(): Promise<void>;
}

/** Connection arguments of a remote resource for this server. */
export function connectionTo({ host, port, user, privateKey, hostKey }: Sshd) {
  return { host, port, user, privateKey, hostKey };
}

/** Prepares a server with its own keys and port; `start` runs it. */
export async function makeSshd(): Promise<Sshd> {
  const folder = await mkdtemp(join(tmpdir(), "hapair-sshd-"));
  const openssh = await opensshServer();
  const host = sshKeyPair("ed25519");
  const otherHost = sshKeyPair("ecdsa");
  const client = sshKeyPair("ed25519");
  const port = await freePort();
  await writeFile(join(folder, "host_ed25519"), host.private, { mode: 0o600 });
  await writeFile(join(folder, "host_ecdsa"), otherHost.private, { mode: 0o600 });
  await writeFile(join(folder, "authorized_keys"), client.public);
  await writeFile(
    join(folder, "sshd_config"),
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      // Two keys, so that a client that expects one of them has to ask for it.
      `HostKey ${join(folder, "host_ecdsa")}`,
      `HostKey ${join(folder, "host_ed25519")}`,
      `AuthorizedKeysFile ${join(folder, "authorized_keys")}`,
      "AuthenticationMethods publickey",
      "PermitRootLogin yes",
      "StrictModes no",
      "UsePAM no",
      "PidFile none",
      "AcceptEnv HAPAIR_* PULUMI_COMMAND_*",
      "Subsystem sftp internal-sftp",
      ...openssh.configLines,
    ].join("\n"),
  );
  const [file, ...args] = await serverCommand(folder, openssh.executable);
  let child: ChildProcess | undefined;
  const stop = async () => {
    if (!child || child.exitCode !== null) return;
    child.kill();
    await once(child, "exit");
    child = undefined;
  };
  return {
    host: "127.0.0.1",
    port,
    user: userInfo().username,
    privateKey: client.private,
    hostKey: host.public,
    start: async () => {
      child = spawn(file, args, {
        env: { ...process.env, ...openssh.env },
        stdio: ["ignore", "ignore", "pipe"],
      });
      let log = "";
      child.stderr?.on("data", (chunk) => {
        log += chunk;
      });
      const running = child;
      await answers(port, () => {
        if (running.exitCode !== null) throw new Error(`sshd ended at once:\n${log}`);
      });
    },
    stop,
    remove: async () => {
      await stop();
      await rm(folder, { recursive: true });
    },
  };
}

/**
 * As root, sshd requires its own user and folder and an account that is not locked. A mount namespace provides them and
 * leaves the system's files unchanged.
 */
async function serverCommand(folder: string, executable: string): Promise<[string, ...string[]]> {
  const server = `exec "$1" -D -e -f "$2/sshd_config"`;
  const args = [executable, folder];
  if (process.getuid?.() !== 0) return ["sh", "-c", server, "sh", ...args];
  const accounts = (await readFile("/etc/passwd", "utf8"))
    .split("\n")
    .filter((line) => !line.startsWith("sshd:"));
  await writeFile(
    join(folder, "passwd"),
    `sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n${accounts.join("\n")}`,
  );
  await writeFile(join(folder, "shadow"), "root:*:1::::::\n", { mode: 0o600 });
  const prepare = [
    `mount --bind "$2/passwd" /etc/passwd`,
    `mount --bind "$2/shadow" /etc/shadow`,
    "mount -t tmpfs tmpfs /run",
    "mkdir -m 755 /run/sshd",
    server,
  ];
  return ["unshare", "--mount", "sh", "-ec", prepare.join("\n"), "sh", ...args];
}

async function answers(port: number, check: () => void): Promise<void> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await delay(20)) {
    check();
    const socket = connect(port, "127.0.0.1");
    const isUp = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isUp) return;
  }
  throw new Error(`sshd does not answer on port ${port}`);
}
