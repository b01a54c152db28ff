import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf } from "../../base/failure.ts";
import type { EdgeCertificate } from "../../contract/agentConfig.ts";
import {
  type AskAdministrator,
  mostPemBytes,
  replaceCertificate,
  shownFingerprint,
} from "../haproxy/certificates.ts";
import { type System, until } from "../host/system.ts";
import { moveUnit } from "../host/systemctl.ts";
import { own, replaceFile } from "../store/durable.ts";
import { readCertificateFile, readCertificateFolder, type ServerCertificate } from "./certificateFiles.ts";

/** certbot replaces one link after the other. */
const settleMs = 5000;
const unit = "haproxy.service";

/** What was done with the certificate on the disk of this node. */
export type Renewed = "in use already" | "set" | "reloaded";

/**
 * Has HAProxy show what is on the disk now, without a reload: open connections go on. Rejects with a sentence for people, and
 * the old one stays in use, also over a restart of HAProxy.
 */
export async function renewCertificate(
  host: System,
  certificate: EdgeCertificate,
  ask: AskAdministrator,
): Promise<Renewed> {
  const { name, file, folder } = certificate;
  if (folder === undefined) {
    const found = readCertificateFile(host.root, certificate);
    if (isTooLarge(found))
      throw new Error(`${file}: ${tooLarge(found)}: reload HAProxy: systemctl reload haproxy`);
    await show(ask, name, found);
    return "set";
  }
  const found = await settled(host, folder);
  const before = copyOf(host.root, file);
  if (before === found.pem && (await shownFingerprint(ask, name)) === found.fingerprint)
    return "in use already";
  if (isTooLarge(found)) {
    await withReload(host, certificate, before, found);
    return "reloaded";
  }
  await show(ask, name, found);
  keepCopy(host.root, file, found);
  // A worker that has started meanwhile has read the copy before.
  if ((await shownFingerprint(ask, name)) !== found.fingerprint) await show(ask, name, found);
  return "set";
}

/** Writes what HAProxy reads at its start. */
export function keepCopy(root: string, file: string, { pem }: ServerCertificate): void {
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  replaceFile(path, pem, own(0o600));
}

/** Waits for the end of a change that is under way. */
async function settled(
  host: System,
  folder: NonNullable<EdgeCertificate["folder"]>,
): Promise<ServerCertificate> {
  let found: ServerCertificate | undefined;
  const problem = await until(host, settleMs, async () => {
    try {
      found = readCertificateFolder(host.root, folder, host.now());
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  });
  if (found === undefined || problem !== undefined) throw new Error(problem);
  return found;
}

async function show(
  ask: AskAdministrator,
  name: string,
  { pem, fingerprint }: ServerCertificate,
): Promise<void> {
  await replaceCertificate(ask, name, pem);
  const shown = await shownFingerprint(ask, name);
  if (shown !== fingerprint)
    throw new Error(
      `haproxy shows another certificate than it has taken (${shown ?? "none"}): see journalctl -u haproxy`,
    );
}

/** The reload checks it; what it refuses does not stay. */
async function withReload(
  host: System,
  { file }: EdgeCertificate,
  before: string | undefined,
  found: ServerCertificate,
): Promise<void> {
  host.progress(`${file}: ${tooLarge(found)}: reloading HAProxy`);
  keepCopy(host.root, file, found);
  try {
    await moveUnit(host, "reload", unit);
  } catch (error) {
    if (before !== undefined) replaceFile(join(host.root, file), before, own(0o600));
    throw error;
  }
}

function isTooLarge({ pem }: ServerCertificate): boolean {
  return pem.length > mostPemBytes;
}

function tooLarge({ pem }: ServerCertificate): string {
  return `has ${pem.length} bytes, and HAProxy takes ${mostPemBytes} at most while it runs`;
}

function copyOf(root: string, file: string): string | undefined {
  const path = join(root, file);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
