import { createPrivateKey, type KeyObject, type X509Certificate } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { certificatesIn, lateness, missingNames } from "../../base/certificates.ts";
import { Failure, messageOf } from "../../base/failure.ts";
import { fileFaultWords, isFileError } from "../../base/fileErrors.ts";
import type { EdgeCertificate } from "../../contract/agentConfig.ts";

/** A chain has some 10 kB. */
const mostBytes = 1024 * 1024;

/** What the edge shows its clients. */
export interface ServerCertificate {
  /** Certificates, the server's first, and their key: without a word, or an empty line, between them. */
  readonly pem: string;
  /** SHA-1 of the server's certificate, upper-case hex. */
  readonly fingerprint: string;
}

/** Throws a Failure that names the file where a certificate is none for its key. */
export function readCertificateFile(
  root: string,
  { file }: Pick<EdgeCertificate, "file">,
): ServerCertificate {
  const text = readSmall(root, file);
  const { shown, key } = parsed({ file, text }, { file, text });
  return serverCertificate(shown, key);
}

/**
 * What somebody has put into a folder of the node. Throws a Failure that names the file where it is none for its key, is not
 * valid now, or lacks one of the names.
 */
export function readCertificateFolder(
  root: string,
  { path, names }: Pick<NonNullable<EdgeCertificate["folder"]>, "path" | "names">,
  now: Date,
): ServerCertificate {
  const [file, keyFile] = [`${path}/fullchain.pem`, `${path}/privkey.pem`];
  const { server, shown, key } = parsed(
    { file, text: readSmall(root, file) },
    { file: keyFile, text: readSmall(root, keyFile) },
  );
  const late = lateness(shown, now);
  if (late !== undefined) throw new Failure(`${file}: ${late}`);
  const missing = missingNames(server, names);
  if (missing.length > 0)
    throw new Failure(
      `${file}: is not for ${missing.join(" and ")}, by which clients connect: get one with that name, or set edge.tls.names to the names that clients use`,
    );
  return serverCertificate(shown, key);
}

interface Read {
  readonly file: string;
  readonly text: string;
}

interface Parsed {
  readonly server: X509Certificate;
  /** With `server` first. */
  readonly shown: readonly X509Certificate[];
  readonly key: KeyObject;
}

function parsed(certificates: Read, key: Read): Parsed {
  const shown = orUndefined(() => certificatesIn(certificates.text));
  const [server] = shown ?? [];
  if (shown === undefined || server === undefined)
    throw new Failure(
      `${certificates.file}: has no certificate in PEM, or one that is broken: put the whole file there`,
    );
  const signing = orUndefined(() => createPrivateKey(key.text));
  if (signing === undefined)
    throw new Failure(
      `${key.file}: has no private key in PEM without a passphrase: put the whole file there`,
    );
  if (!server.checkPrivateKey(signing))
    throw new Failure(
      `${key.file}: belongs to another certificate than that in ${certificates.file}: put both there`,
    );
  try {
    createSecureContext({ cert: certificates.text, key: key.text });
  } catch (error) {
    throw new Failure(`${certificates.file}: cannot be used (${messageOf(error)}): get another one`);
  }
  return { server, shown, key: signing };
}

function serverCertificate(shown: readonly X509Certificate[], key: KeyObject): ServerCertificate {
  const pem = [...shown.map(String), key.export({ type: "pkcs8", format: "pem" }).toString()];
  return {
    pem: pem.map((one) => `${one.trimEnd()}\n`).join(""),
    fingerprint: shown[0]?.fingerprint.replaceAll(":", "") ?? "",
  };
}

/** Who renews a certificate may put anything in its place: a pipe keeps nobody waiting, and any file fits into memory. */
function readSmall(root: string, path: string): string {
  const { O_RDONLY, O_NONBLOCK } = constants;
  try {
    const file = openSync(join(root, path), O_RDONLY | O_NONBLOCK);
    try {
      const stats = fstatSync(file);
      if (!stats.isFile() || stats.size > mostBytes)
        throw new Failure(`${path}: is no file with a certificate: see what it is, and put one there`);
      return readFileSync(file, "utf8");
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw isFileError(error) ? new Failure(fileFaultWords(error, path)) : error;
  }
}

function orUndefined<Value>(parse: () => Value): Value | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
