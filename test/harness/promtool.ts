import { join } from "node:path";
import { findExecutable } from "../../base/commands.ts";
import { unpackedPackages } from "../../tools/unpackedPackages.ts";

/** Path of promtool, whose package is its own since Debian 13 and the server's before. */
export async function promtool(): Promise<string> {
  const installed = findExecutable("promtool");
  return (
    installed ?? join(await unpackedPackages("promtool", [["promtool", "prometheus"]]), "usr/bin/promtool")
  );
}
