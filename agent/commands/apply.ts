import { createReadStream, existsSync } from "node:fs";
import type { Readable } from "node:stream";
import { fileFaultWords, isFileError } from "../../base/fileErrors.ts";
import { maxBundleBytes } from "../../contract/bundle.ts";
import { apply } from "../apply/apply.ts";
import { badInput } from "../errors.ts";
import type { System } from "../host/system.ts";
import { layoutOf } from "../store/layout.ts";
import { type KnownBundle, readBundle } from "../store/readBundle.ts";
import { stagedBundle } from "../store/stage.ts";
import { type Command, options } from "./command.ts";
import { thisHost } from "./thisHost.ts";
import { transact } from "./transact.ts";

const sha = /^[0-9a-f]{64}$/;
const stallMs = 60_000;

export const applyCommand: Command = {
  name: "apply",
  synopsis: "apply FILE|-|SHA256 [--sha256 HEX] [--unless-holder] [--json]",
  about: `Moves this host to a bundle: checks it, swaps it in, reloads what changed, proves that it works;
goes back to the bundle before if it does not. The bundle comes from a file, from standard input (-)
or from those that are on this host already (SHA256).
--sha256 HEX     refuse any other bundle than this one
--unless-holder  check and keep the bundle, but change nothing while this host holds the virtual address
--json           print one object: {bundle, outcome, changed, reloaded, restarted, started, edited, proof, reason?}
                 outcome is applied, unchanged, skipped, restored (it failed, the old bundle is live) or stuck`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = options(args, {
    sha256: { type: "string" },
    "unless-holder": { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  });
  const [source, ...more] = positionals;
  if (source === undefined || more.length > 0) throw badInput("apply takes one bundle: FILE, - or SHA256");
  if (values.sha256 !== undefined && !sha.test(values.sha256))
    throw badInput("--sha256 takes 64 lower-case hex digits");
  const host = thisHost();
  // Before the lock: a delivery that is slow or stalls must not block another one.
  const known = await find(source, host, values.sha256);
  return transact(host, values.json, () =>
    apply(host, { known, kind: "apply", unlessHolder: values["unless-holder"] }),
  );
}

async function find(source: string, host: System, expected: string | undefined): Promise<KnownBundle> {
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
