import { createReadStream, existsSync } from "node:fs";
import type { Readable } from "node:stream";
import { fileFaultWords, isFileError } from "../../base/fileErrors.ts";
import { maxBundleBytes } from "../../contract/bundle.ts";
import { badInput } from "../errors.ts";
import type { System } from "../host/system.ts";
import { layoutOf } from "../store/layout.ts";
import { type KnownBundle, readBundle } from "../store/readBundle.ts";
import { stagedBundle } from "../store/stage.ts";

const sha = /^[0-9a-f]{64}$/;
const stallMs = 60_000;

export const bundleOptions = { sha256: { type: "string" } } as const;

/**
 * The bundle that a command's one argument names: a file, standard input, or a bundle on this host. Throws a Failure where
 * there is none, or another one than `expected`.
 */
export async function bundleArgument(
  verb: string,
  [source, ...more]: readonly string[],
  host: System,
  expected: string | undefined,
): Promise<KnownBundle> {
  if (source === undefined || more.length > 0) throw badInput(`${verb} takes one bundle: FILE, - or SHA256`);
  if (expected !== undefined && !sha.test(expected))
    throw badInput("--sha256 takes 64 lower-case hex digits");
  if (source === "-") return readBundle(await arrived(process.stdin, stallMs), host.name, expected);
  if (existsSync(source)) return readBundle(await readFile(source), host.name, expected);
  if (!sha.test(source)) throw badInput(`${source}: no such file`);
  if (expected !== undefined && expected !== source) throw badInput(`bundle ${source} is not ${expected}`);
  const staged = stagedBundle(layoutOf(host.root), source, host.name);
  if (staged === undefined) throw badInput(`bundle ${source} is not on this host: hand it in as a file`);
  return staged;
}

/** Reads a bundle's file, which may be a pipe too. */
export async function readFile(path: string): Promise<Buffer> {
  try {
    return await arrived(createReadStream(path), stallMs);
  } catch (error) {
    if (!isFileError(error)) throw error;
    throw badInput(`there is no bundle at ${fileFaultWords(error, path)}`);
  }
}

/** Reads a stream to its end. Throws after `stallMs` of silence, as the sender may be gone, and past a bundle's limit. */
export async function arrived(stream: Readable, stallMs: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  const stalled = (): void => {
    stream.destroy(
      badInput(
        `the bundle did not arrive completely: nothing came for ${stallMs / 1000} s after ${bytes} bytes, send it again`,
      ),
    );
  };
  const timer = setTimeout(stalled, stallMs);
  try {
    for await (const part of stream) {
      timer.refresh();
      bytes += part.length;
      if (bytes > maxBundleBytes)
        throw badInput(
          `the bundle is larger than ${maxBundleBytes / 1024 / 1024} MiB, which no host's files are: see what was sent`,
        );
      parts.push(Buffer.from(part));
    }
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(parts);
}
