import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { isRoot, repeatAsRoot } from "../lab/becomeRoot.ts";
import { cacheFolder, pulumiHome } from "./engine/paths.ts";

/**
 * Becomes root for a command that writes into the checkout. Whatever it leaves there, and where engine, npm and
 * downloads keep their files, is the user's in the end: the next command, as the user, has to write there too.
 */
export function becomeRootHere(): void {
  if (isRoot()) return;
  const folders = [join(import.meta.dirname, ".."), pulumiHome, cacheFolder, join(homedir(), ".npm")];
  // Those that root would make have parents that root would make.
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  const status = repeatAsRoot();
  const owner = `${process.getuid?.()}:${process.getgid?.()}`;
  spawnSync("sudo", ["-n", "chown", "--recursive", "--no-dereference", "--from=root", owner, ...folders], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  process.exit(status);
}
