import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { root } from "../../cli/session/home.ts";

/**
 * Makes the folder a checkout of the project with these stacks, each a config without the namespace of its keys. What
 * a command finds relative to its own file is copied, all else is a link.
 */
export function checkout(path: string, stacks: Readonly<Record<string, unknown>>): string {
  mkdirSync(join(path, "stacks"), { recursive: true });
  for (const entry of readdirSync(root))
    if (!["cli", "stacks", ".git", ".hapair"].includes(entry))
      symlinkSync(join(root, entry), join(path, entry));
  for (const entry of readdirSync(join(root, "stacks")))
    if (!entry.endsWith(".yaml")) symlinkSync(join(root, "stacks", entry), join(path, "stacks", entry));
  cpSync(join(root, "cli"), join(path, "cli"), { recursive: true });
  for (const [stack, config] of Object.entries(stacks)) {
    const keys = Object.entries(Object(config)).map(([key, value]) => [`hapair:${key}`, value]);
    writeFileSync(join(path, `stacks/Pulumi.${stack}.yaml`), stringify({ config: Object.fromEntries(keys) }));
  }
  return path;
}
