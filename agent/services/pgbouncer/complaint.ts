import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Wanted } from "../../../base/listeners.ts";
import type { BundleFile } from "../../../contract/bundle.ts";
import { allOf, portsComplaint } from "../ports.ts";
import type { Candidate } from "../service.ts";
import { poolComplaint } from "./externalPool.ts";

/** A pooler's own settings. */
export const settingsPath = /^etc\/pgbouncer\/[^/]+\.ini$/;
const tlsFile = /^((?:client|server)_tls_\w+_file = )\/(\S+)$/gm;

/** What is wrong with the poolers of a bundle: their settings, their ports, or the login to their database. */
export async function poolersComplaint(candidate: Candidate): Promise<string | undefined> {
  const settings = candidate.files.filter(({ path }) => settingsPath.test(path));
  if (settings.length === 0) return undefined;
  return allOf([
    await settingsComplaint(candidate, settings),
    await portsComplaint(candidate, settings.flatMap(poolerListeners)),
    candidate.staging ? await poolComplaint(candidate) : undefined,
  ]);
}

/**
 * PgBouncer has no checker, but it reads its whole configuration before it refuses to run as root (`-u` overrides a
 * `user` in the file), and then exits. It gets a copy that names the staged keys and certificates in place of the live
 * ones.
 */
async function settingsComplaint(
  { host, folder, files }: Candidate,
  settings: readonly BundleFile[],
): Promise<string | undefined> {
  const staged = new Set(files.map(({ path }) => path));
  const all: string[] = [];
  const copies = mkdtempSync(join(tmpdir(), "hapair-pgbouncer-"));
  try {
    for (const { path, text } of settings) {
      const copy = join(copies, basename(path));
      const checked = text.replaceAll(tlsFile, (line, key: string, file: string) =>
        staged.has(file) ? `${key}${folder}/${file}` : line,
      );
      writeFileSync(copy, checked, { mode: 0o600 });
      const { stdout, stderr } = await host.run("pgbouncer", ["-u", "root", copy]);
      const faults = `${stdout}\n${stderr}`.split("\n").filter((line) => line.includes(" ERROR "));
      const live = (line: string) => line.replaceAll(copy, `/${path}`).replaceAll(folder, "");
      all.push(...faults.map((line) => live(line.replace(/^.* ERROR /, ""))));
    }
    return all.length > 0 ? all.join("\n") : undefined;
  } finally {
    rmSync(copies, { recursive: true, force: true });
  }
}

/** Where a pooler's settings have it listen. */
export function poolerListeners({ path, text }: BundleFile): readonly Wanted[] {
  const of = (setting: string) => new RegExp(`^${setting} *= *(.*)$`, "m").exec(text)?.[1]?.trim() ?? "";
  const port = of("listen_port");
  return of("listen_addr")
    .split(/\s*,\s*/)
    .map((address) => ({ address: `${address}:${port}`, setting: `/${path}: listen_port = ${port}` }));
}
