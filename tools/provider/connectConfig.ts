import type { ConnectConfig, ServerHostKeyAlgorithm, SyncHostVerifier } from "ssh2";
import type { Login } from "./inputs.ts";

/** The options of a connection by ssh2; a host with another key than the expected one is rejected. */
export function connectConfig(connection: Login): ConnectConfig {
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
    // A host that vanishes while a command runs is noticed after 30 s instead of never.
    keepaliveInterval: 10_000,
    keepaliveCountMax: 3,
  };
}

export interface ExpectedHostKey {
  hostVerifier: SyncHostVerifier;
  algorithms: { serverHostKey: ServerHostKeyAlgorithm[] };
}

/** Makes ssh2 accept one host key only, given as a line of `authorized_keys`. */
export function expectHostKey(line: string): ExpectedHostKey {
  const [type, base64] = line.trim().split(/\s+/);
  const expected = Buffer.from(base64 ?? "", "base64");
  const algorithms = type && hostKeyAlgorithms(type);
  if (!algorithms || expected.length === 0) {
    throw new Error('hostKey: expected a public key as in authorized_keys: "ssh-ed25519 AAAA…"');
  }
  // A host has several keys and has to present the one that is known here.
  return { hostVerifier: (key: Buffer) => key.equals(expected), algorithms: { serverHostKey: algorithms } };
}

function hostKeyAlgorithms(type: string): ServerHostKeyAlgorithm[] | undefined {
  switch (type) {
    case "ssh-ed25519":
    case "ecdsa-sha2-nistp256":
    case "ecdsa-sha2-nistp384":
    case "ecdsa-sha2-nistp521":
      return [type];
    case "ssh-rsa":
      return ["rsa-sha2-512", "rsa-sha2-256"];
    default:
      return undefined;
  }
}
