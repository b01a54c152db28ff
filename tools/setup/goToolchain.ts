import { chmod, readdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import * as z from "zod";
import { findExecutable } from "../../base/commands.ts";
import { Failure } from "../../base/failure.ts";
import { aptInstall } from "./apt.ts";

const goArchitectures: Partial<Record<NodeJS.Architecture, string>> = { x64: "amd64", arm64: "arm64" };

/**
 * Finds a Go of at least the wanted version: the installed one, or the toolchain that any Go can download as a module.
 * Go itself switches toolchains since 1.21, and Debian 12 has 1.19.
 * @param env where Go keeps modules
 * @returns the path of `go`
 */
export async function goToolchain(
  wanted: string,
  env: Record<string, string>,
  report: (text: string) => void,
): Promise<string> {
  const go = await installedGo(report);
  const { stdout } = await execa(go, ["env", "GOVERSION"], { env });
  if (isAtLeast(stdout.trim().replace(/^go/, ""), wanted)) return go;

  report(`Downloading Go ${wanted}`);
  const module = `golang.org/toolchain@v0.0.1-go${wanted}.linux-${goArchitectures[process.arch]}`;
  const download = await execa(go, ["mod", "download", "-json", module], { env, reject: false });
  const { Dir: folder, Error: error } = z
    .object({ Dir: z.string().optional(), Error: z.string().optional() })
    .parse(JSON.parse(download.stdout || "{}"));
  if (!folder) throw new Failure(`Go ${wanted} could not be downloaded: ${error ?? download.stderr}`);
  // Files of a module have no permission bits.
  await makeExecutable(join(folder, "bin"));
  await makeExecutable(join(folder, "pkg/tool"));
  return join(folder, "bin/go");
}

async function installedGo(report: (text: string) => void): Promise<string> {
  const find = () => findExecutable("go");
  if (!find()) await aptInstall(["golang-go"], report);
  const go = find();
  if (!go) throw new Failure("Go is not installed: the package golang-go has no `go`.");
  return go;
}

async function makeExecutable(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (entry.isFile()) await chmod(join(entry.parentPath, entry.name), 0o755);
  }
}

/** Compares dotted versions by their numbers: 1.9 is older than 1.25.3. Letters after a number are ignored. */
export function isAtLeast(version: string, wanted: string): boolean {
  const numbers = (text: string) => text.split(".").map((part) => Number.parseInt(part, 10) || 0);
  const have = numbers(version);
  for (const [index, want] of numbers(wanted).entries()) {
    const difference = (have[index] ?? 0) - want;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
