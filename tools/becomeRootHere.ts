import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isRoot, repeatAsRoot } from "../base/becomeRoot.ts";
import { cacheFolder, pulumiHome } from "./engine/environment.ts";

/**
 * Becomes root for a command that needs the user's engine and writes into the checkout. Afterwards everything that root
 * left there, beside the engine and among the downloads, is given to the user, whose next command writes there too.
 */
export function becomeRootHere(): void {
  if (isRoot()) return;
  const status = repeatAsRoot({ PULUMI_HOME: pulumiHome });
  const folders = [join(import.meta.dirname, ".."), pulumiHome, cacheFolder].filter(existsSync);
  const owner = `${process.getuid?.()}:${process.getgid?.()}`;
  spawnSync("sudo", ["-n", "chown", "--recursive", "--no-dereference", "--from=root", owner, ...folders], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  process.exit(status);
}
