import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { readIfThere } from "../../base/files.ts";
import { root } from "../session/home.ts";

/**
 * `encryptionsalt` in the stack files. The Pulumi CLI writes it there for its own passphrase, also where there is no
 * secret to encrypt; the local commands keep theirs beside the state.
 */

const folder = join(root, "stacks");

/** Where a stack's config file is, or would be. */
export function stackFilePath(stack: string): string {
  return join(folder, `Pulumi.${stack}.yaml`);
}

/** The names of all stacks that have a file, sorted. */
export function stackNames(stacks = folder): string[] {
  return readdirSync(stacks)
    .flatMap((file) => /^Pulumi\.([A-Za-z0-9_.-]+)\.yaml$/.exec(file)?.[1] ?? [])
    .sort();
}

/** The salt that a stack file's secrets need; undefined where the file has no secrets. */
export function secretSalt(path: string): string | undefined {
  const file = contents(path);
  return hasSecret(file.config) ? saltOf(file) : undefined;
}

/** The salt in a stack file, whether needed or not. */
export function fileSalt(path: string): string | undefined {
  return saltOf(contents(path));
}

/** True for a config with an encrypted value at any depth. */
export function hasSecret(config: unknown): boolean {
  if (typeof config !== "object" || config === null) return false;
  return "secure" in config || Object.values(config).some(hasSecret);
}

/**
 * Remembers the stack files. @returns what puts those back whose only change is a new salt: it encrypts nothing, and
 * the Pulumi CLI with another passphrase refuses it
 */
export function keepStackFiles(stacks = folder): () => void {
  const before = new Map(stackNames(stacks).map((name) => [name, textOf(stacks, name)]));
  return () => {
    for (const name of stackNames(stacks)) {
      const path = join(stacks, `Pulumi.${name}.yaml`);
      const text = before.get(name);
      if (text === undefined || text === readFileSync(path, "utf8")) continue;
      const { encryptionsalt: _, ...rest } = contents(path);
      if (isDeepStrictEqual(rest, parsed(text))) writeFileSync(path, text);
    }
  };
}

function textOf(stacks: string, name: string): string {
  return readFileSync(join(stacks, `Pulumi.${name}.yaml`), "utf8");
}

function contents(path: string): Record<string, unknown> {
  return parsed(readIfThere(path) ?? "");
}

/** Whoever needs the config itself reports what is wrong with it. */
function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function saltOf({ encryptionsalt }: Record<string, unknown>): string | undefined {
  return typeof encryptionsalt === "string" ? encryptionsalt : undefined;
}
