import { createHash } from "node:crypto";
import * as z from "zod";
import { hasUnusableKey, unusableKeyWords } from "../../base/unusableKey.ts";
import { AgentConfig, agentConfigPath } from "../../contract/agentConfig.ts";
import { Bundle, type BundleFile, storePath } from "../../contract/bundle.ts";
import { badInput } from "../errors.ts";

/** A bundle whose bytes, shape and host have been checked. */
export interface KnownBundle {
  readonly sha: string;
  readonly raw: Buffer;
  readonly bundle: Bundle;
  /** The agent's own config among its files. */
  readonly config: AgentConfig | undefined;
}

export function sha256(bytes: Buffer | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Parses a bundle; `expectedSha` is the name it was announced under, `host` the host it must be for. */
export function readBundle(raw: Buffer, host: string, expectedSha?: string): KnownBundle {
  const sha = sha256(raw);
  if (expectedSha !== undefined && sha !== expectedSha) {
    throw badInput(
      `the bundle has sha256 ${sha}, expected ${expectedSha}: it was changed or cut off on its way, copy it again`,
    );
  }
  const parsed = Bundle.safeParse(parse(raw));
  if (!parsed.success)
    throw badInput(`the bundle is not one that this program knows:\n${z.prettifyError(parsed.error)}`);
  const bundle = parsed.data;
  if (bundle.host !== host) {
    throw badInput(`the bundle is for host "${bundle.host}", this is "${host}": apply it there`);
  }
  refusePaths(bundle.files);
  return { sha, raw, bundle, config: agentConfig(bundle.files, host) };
}

function parse(raw: Buffer): unknown {
  const value = parsed(raw);
  if (hasUnusableKey(value)) throw badInput(`the bundle ${unusableKeyWords}`);
  return value;
}

function parsed(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString("utf8"));
  } catch {
    throw badInput(
      `the bundle is incomplete: ${raw.length} bytes that end inside a JSON document, copy it again`,
    );
  }
}

/** Paths that cannot be staged together or would reach into the agent's own store. */
function refusePaths(files: readonly BundleFile[]): void {
  const paths = new Set<string>();
  for (const { path } of files) {
    if (paths.has(path)) throw badInput(`the bundle names /${path} twice`);
    paths.add(path);
    if (`${path}/`.startsWith(`${storePath}/`))
      throw badInput(`the bundle reaches into the agent's own store with /${path}`);
  }
  for (const path of paths) {
    const parents = path.split("/").slice(0, -1);
    for (let depth = 1; depth <= parents.length; depth++) {
      const parent = parents.slice(0, depth).join("/");
      if (paths.has(parent))
        throw badInput(`the bundle has /${parent} both as a file and as the folder of /${path}`);
    }
  }
}

function agentConfig(files: readonly BundleFile[], host: string): AgentConfig | undefined {
  const file = files.find(({ path }) => path === agentConfigPath);
  if (file === undefined) return undefined;
  const parsed = AgentConfig.safeParse(parse(Buffer.from(file.text)));
  // The file holds a password: the issues name keys, never values.
  if (!parsed.success) throw badInput(`/${agentConfigPath} of the bundle:\n${z.prettifyError(parsed.error)}`);
  if (parsed.data.host !== host)
    throw badInput(`/${agentConfigPath} of the bundle is for host "${parsed.data.host}", this is "${host}"`);
  return parsed.data;
}
