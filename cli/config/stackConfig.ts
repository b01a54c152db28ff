import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LineCounter, parseDocument, stringify } from "yaml";
import * as z from "zod";
import { Failure } from "../../base/failure.ts";
import { writeAtomically } from "../../base/files.ts";
import { ownEntries } from "../../topology/configKeys.ts";
import { ConfigError } from "../../topology/problem.ts";
import type { Home } from "../session/home.ts";
import { hasSecret, stackFilePath } from "./stackSalt.ts";

const StackFile = z.looseObject({
  encryptionsalt: z.optional(z.string()),
  config: z.prefault(z.record(z.string(), z.unknown()), {}),
});

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
  writeAtomically(
    placedFile(home.work, stack),
    stringify({ ...declared, ...(salt && { encryptionsalt: salt }) }),
  );
  writeAtomically(join(home.work, "Pulumi.yaml"), stringify({ name: "hapair", runtime: "nodejs" }));
}

/** The config's plain keys, without the project's namespace: for commands that need no engine. */
export function plainConfig(source: string): Record<string, unknown> {
  return Object.fromEntries(ownEntries("hapair", Object.entries(read(source).config)));
}

/** @throws Failure with the file, and the line where it is not YAML */
function read(path: string): z.infer<typeof StackFile> {
  const result = StackFile.safeParse(yaml(path) ?? {});
  if (!result.success) throw new Failure(`${path}: ${z.prettifyError(result.error)}`);
  return result.data;
}

function yaml(path: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(path, "utf8"), { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error)
    throw new Failure(`${path}:${lines.linePos(error.pos[0]).line}: this is not YAML: ${error.message}`);
  return document.toJS();
}

/** The result of `read`, which reads a stack's config. @throws Failure with the file and every problem that it found */
export function ofStack<Value>(stackName: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof ConfigError) throw new Failure(`stacks/Pulumi.${stackName}.yaml: ${error.message}`);
    throw error;
  }
}
