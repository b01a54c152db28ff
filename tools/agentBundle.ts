import { createHash } from "node:crypto";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { writeAtomically } from "../base/files.ts";

export interface AgentBundle {
  /** One executable file for the hosts' own Node, a CommonJS module. */
  text: string;
  sha256: string;
}

const root = join(import.meta.dirname, "..");

/**
 * The hosts' own Node with its options, as an argv. The daemon runs for months: a small young generation and no copy of
 * V8's own functions keep its memory low. `--expose-gc` is for its own collections, which are few enough to compact each
 * time.
 */
export const interpreter: readonly string[] = [
  "/usr/bin/node",
  ...["--max-semi-space-size=1", "--no-short-builtin-calls"],
  ...["--optimize-for-size", "--expose-gc", "--compact-on-every-full-gc"],
];

const banner = `#!/usr/bin/env -S ${interpreter.join(" ")}`;

let building: Promise<AgentBundle> | undefined;

/** The on-host program, written to `dist/hapair.cjs`. */
export async function agentBundleFile(): Promise<{ readonly path: string; readonly sha256: string }> {
  const { text, sha256 } = await agentBundle();
  const path = join(root, "dist/hapair.cjs");
  // Another run may be copying the file.
  writeAtomically(path, text, 0o644);
  return { path, sha256 };
}

/** The on-host program as one file; the same sources give the same bytes. Built once per process, in about 200 ms. */
export function agentBundle(): Promise<AgentBundle> {
  building ??= buildAgent();
  return building;
}

async function buildAgent(): Promise<AgentBundle> {
  const text = await bundleForHosts("agent/main.ts");
  return { text, sha256: createHash("sha256").update(text).digest("hex") };
}

/**
 * What bundled packages load for things that the agent never asks of them: prom-client the span of an exemplar, its own
 * metrics of Node, summaries with their digest, and what brings metrics of several processes together or pushes them; pg
 * the client of libpq's bindings, and its pool, of which it makes a subclass.
 */
const unused =
  /^(?:@opentelemetry\/api|pg-pool|\.\/native|\.\/lib\/(?:cluster|defaultMetrics|pushgateway|summary))$/;

const withoutUnused: Plugin = {
  name: "without unused",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: unused }, ({ path }) => ({ path, namespace: "empty" }));
    onLoad({ filter: /^/, namespace: "empty" }, () => ({ contents: "module.exports = class {};" }));
  },
};

/** A program of this repository, by its path in it, as one executable file for the hosts' own Node, without `await` at its top level. */
export async function bundleForHosts(entryPoint: string): Promise<string> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [entryPoint],
    bundle: true,
    write: false,
    platform: "node",
    target: "node20",
    // Saves 3 MB: Node keeps its loader of ES modules out of memory. And a command loads those of Node's own modules alone
    // that it needs.
    format: "cjs",
    banner: { js: banner },
    // pg asks at its start whether it is on a Cloudflare Worker, which has a `navigator`, as Node has from 21 on. Without one
    // it makes a `Response`: Node 20 loads all of fetch for it.
    define: { navigator: '{"userAgent":"Node.js"}' },
    plugins: [withoutUnused],
    legalComments: "none",
    // Node keeps the source in memory, so it is made short. Names stay, for stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    logLevel: "silent",
  });
  const [file] = result.outputFiles;
  if (!file) throw new Error(`esbuild wrote nothing for ${entryPoint}`);
  return file.text;
}
