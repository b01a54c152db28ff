import type { ConnectConfig } from "ssh2";
import { expectHostKey } from "./expectHostKey.ts";
import type { Connection } from "./inputs.ts";

/** How ssh2 is told to connect; a host with another key than the expected one is refused. */
export function connectConfig(connection: Connection): ConnectConfig {
  const { host, port, user, password, privateKey, privateKeyPassword, hostKey } = connection;
  const agent = connection.agentSocketPath ?? process.env.SSH_AUTH_SOCK;
  return {
    host,
    port,
    username: user,
    ...(password !== undefined && { password }),
    ...(privateKey !== undefined && { privateKey }),
    ...(privateKeyPassword !== undefined && { passphrase: privateKeyPassword }),
    ...(agent && { agent }),
    ...(hostKey !== undefined && expectHostKey(hostKey)),
    readyTimeout: connection.perDialTimeout * 1000,
    // A host that vanished while a command runs: noticed after 30 s instead of never.
    keepaliveInterval: 10_000,
    keepaliveCountMax: 3,
  };
}
