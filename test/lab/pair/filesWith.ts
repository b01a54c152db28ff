import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";

/** Files below `folders` that hold one of these texts, of those that `conditions` (of find) let through. */
export async function filesWith(
  texts: readonly string[],
  folders: readonly string[],
  conditions: readonly string[],
): Promise<readonly string[]> {
  // By a file: a command line is for all to see.
  const aside = mkdtempSync(join(tmpdir(), "hapair-"));
  const patterns = join(aside, "patterns");
  writeFileSync(patterns, `${texts.join("\n")}\n`, { mode: 0o600 });
  try {
    const grep = ["grep", "--files-with-matches", "--fixed-strings", "--no-messages", `--file=${patterns}`];
    const { stdout } = await execa(
      "find",
      [...folders, "-xdev", "-type", "f", ...conditions, "-exec", ...grep, "{}", "+"],
      { reject: false },
    );
    return stdout.split("\n").filter((line) => line !== "");
  } finally {
    rmSync(aside, { recursive: true });
  }
}
