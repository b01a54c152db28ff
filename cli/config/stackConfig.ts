import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { Failure, messageOf } from "../../base/failure.ts";
import { writeAtomically } from "../../base/files.ts";
import { configValues } from "../../topology/configKeys.ts";
import { ConfigError } from "../../topology/problem.ts";
import { parseStackFile, type StackFile } from "../../topology/stackFile.ts";
import type { Home } from "../session/home.ts";
import { hasSecret, stackFilePath } from "./stackSalt.ts";

/** The stack that the project ships: commands without a stack's name are about it. */
export const shippedStack = "lab";

/** The command that brings a stack up. */
export function upCommand(stack: string): string {
  return stack === shippedStack ? "npm start" : `npm run up -- ${stack}`;
}

/** A stack's config file, as `pulumi` itself reads it. */
export function stackFile(stack: string): string {
  const path = stackFilePath(stack);
  if (!existsSync(path))
    throw new Failure(`no stack named ${stack}: stacks/Pulumi.${stack}.yaml does not exist`);
  return path;
}

/** Where the engine's project folder has a stack's config, once the stack was opened. */
export function placedFile(projectFolder: string, stack: string): string {
  return join(projectFolder, `Pulumi.${stack}.yaml`);
}

/**
 * Copies a stack's config into the engine's project folder.
 * @param stateSalt with which the stack's state is encrypted. The salt that the file has is of whoever last ran the
 * Pulumi CLI on it, so it counts only where the file has secrets
 */
export function placeStackConfig(
  home: Home,
  stack: string,
  source: string,
  stateSalt: string | undefined,
): void {
  const { encryptionsalt, ...declared } = read(source);
  const salt = hasSecret(declared.config) ? encryptionsalt : stateSalt;
  // In quotes: the Pulumi CLI would take some plain text, such as 2026-10-01, for something else.
  const text = stringify(
    { ...declared, ...(salt && { encryptionsalt: salt }) },
    { defaultStringType: "QUOTE_DOUBLE", lineWidth: 0 },
  );
  writeAtomically(placedFile(home.work, stack), text);
  writeAtomically(join(home.work, "Pulumi.yaml"), stringify({ name: "hapair", runtime: "nodejs" }));
}

/** The config's plain keys, without the project's namespace: for commands that need no engine. */
export function plainConfig(source: string): Record<string, unknown> {
  return orFailure(() => configValues("hapair", Object.entries(read(source).config)));
}

/** @throws Failure with the file, and each line of it that is not a config's, or that could be read in two ways */
function read(path: string): StackFile {
  return orFailure(() => parseStackFile(path, bytesOf(path)));
}

function bytesOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Failure(`${path}: cannot be read (${messageOf(error)}): make it a readable file`);
  }
}

/** The result of `read`, which reads a stack's config. @throws Failure with the file and every problem that it found */
export function ofStack<Value>(stackName: string, read: () => Value): Value {
  return orFailure(read, `stacks/Pulumi.${stackName}.yaml: `);
}

function orFailure<Value>(read: () => Value, place = ""): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof ConfigError) throw new Failure(`${place}${error.message}`);
    throw error;
  }
}
