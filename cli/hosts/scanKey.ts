import { createHash } from "node:crypto";
import { Client, type ServerHostKeyAlgorithm } from "ssh2";
import { messageOf } from "../../base/failure.ts";
import type { Connection } from "../../contract/stackOutputs.ts";
import { expectHostKey } from "../../tools/provider/connectConfig.ts";
import { throughBastion } from "../../tools/provider/openClient.ts";

/** A host's public key, as it shows it to whoever connects. */
export interface ShownKey {
  /** One line: type and key. */
  readonly line: string;
  /** As `ssh-keygen -l` prints it: `SHA256:` and 43 characters. */
  readonly fingerprint: string;
}

/** A host has a key of each type; the first that it has is taken. */
const preferred: readonly ServerHostKeyAlgorithm[] = [
  ...(["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"] as const),
  ...(["rsa-sha2-512", "rsa-sha2-256"] as const),
];

/**
 * Connects once, without a login, and takes the key that is shown.
 * @param known a key that the host may have: where it has one of that type, it shows that one
 * @throws Error where none is shown
 */
export async function scanKey(
  place: Pick<Connection, "host" | "port" | "proxy">,
  timeoutMs: number,
  known?: string,
): Promise<ShownKey> {
  if (known === undefined) return scanOnce(place, timeoutMs, preferred);
  const { serverHostKey } = expectHostKey(known).algorithms;
  return scanOnce(place, timeoutMs, serverHostKey).catch((error) => {
    if (!/no matching host key/i.test(messageOf(error))) throw error;
    return scanOnce(place, timeoutMs, preferred);
  });
}

async function scanOnce(
  { host, port, proxy }: Pick<Connection, "host" | "port" | "proxy">,
  timeoutMs: number,
  algorithms: readonly ServerHostKeyAlgorithm[],
): Promise<ShownKey> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const limits = { perDialTimeout: 0, dialErrorLimit: 0 };
  const way = proxy && (await throughBastion({ ...proxy, ...limits }, { host, port }, deadline));
  try {
    return shown(
      await new Promise<Buffer>((resolve, reject) => {
        const client = new Client();
        deadline.addEventListener("abort", () => {
          client.destroy();
          reject(new Error(`no answer within ${timeoutMs / 1000} s`));
        });
        client.on("error", reject);
        client.once("close", () => reject(new Error("it closed the connection before it showed a key")));
        client.connect({
          host,
          port,
          ...(way && { sock: way.sock }),
          username: "nobody",
          readyTimeout: 0,
          algorithms: { serverHostKey: [...algorithms] },
          hostVerifier: (key: Buffer) => {
            resolve(key);
            return false;
          },
        });
      }),
    );
  } finally {
    way?.leave();
  }
}

/** The key's bytes begin with the length and the name of its type (RFC 4253, 6.6). */
function shown(key: Buffer): ShownKey {
  const type = key.subarray(4, 4 + key.readUInt32BE(0)).toString("latin1");
  return { line: `${type} ${key.toString("base64")}`, fingerprint: fingerprintOf(key) };
}

function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}
