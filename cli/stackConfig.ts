import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import * as z from "zod";
import { Failure } from "./failure.ts";
import { type Home, root } from "./home.ts";

const StackFile = z.looseObject({
  encryptionsalt: z.optional(z.string()),
  config: z.prefault(z.record(z.string(), z.unknown()), {}),
});

/** A stack's config file, as `pulumi` itself reads it. */
export function stackFile(stack: string): string {
  const path = join(root, "stacks", `Pulumi.${stack}.yaml`);
  if (!existsSync(path))
    throw new Failure(`no stack named ${stack}: stacks/Pulumi.${stack}.yaml does not exist`);
  return path;
}

/** Copies a stack's config into the engine's project folder, keeping the salt that the engine once put there. */
export function placeStackConfig(home: Home, stack: string, source: string): void {
  const placed = join(home.work, `Pulumi.${stack}.yaml`);
  const known = existsSync(placed) ? read(placed).encryptionsalt : undefined;
  const declared = read(source);
  const salt = declared.encryptionsalt ?? known;
  writeFileSync(placed, stringify({ ...declared, ...(salt && { encryptionsalt: salt }) }), { mode: 0o600 });
  writeFileSync(join(home.work, "Pulumi.yaml"), stringify({ name: "hapair", runtime: "nodejs" }));
}

/** The config's plain keys, without their namespace: for commands that need no engine. */
export function plainConfig(source: string): Record<string, unknown> {
  const entries = Object.entries(read(source).config);
  return Object.fromEntries(entries.map(([key, value]) => [key.replace(/^hapair:/, ""), value]));
}

function read(path: string): z.infer<typeof StackFile> {
  const result = StackFile.safeParse(parse(readFileSync(path, "utf8")) ?? {});
  if (!result.success) throw new Failure(`${path}: ${z.prettifyError(result.error)}`);
  return result.data;
}
