import { join } from "node:path";
import { execa } from "execa";
import { Bundle } from "../../contract/bundle.ts";
import { applyBundle, liveBundle, withFile } from "../../drills/bundles.ts";
import { renderShown } from "../../render/bundle.ts";
import { hostsOf } from "../../topology/hosts.ts";
import { parseTopology } from "../../topology/parse.ts";
import type { Figure, Findings } from "../figure.ts";
import type { BenchProject } from "../project.ts";
import { ofMedian, repeat, type Seconds } from "../seconds.ts";
import { manyPairs, withManyServers } from "./configs.ts";

const rounds = 5;
const pairs = 200;
const servers = 1000;
const haproxyConfig = "etc/haproxy/haproxy.cfg";

/** What size costs: rendering many pairs, and a pool of many servers, which a node then applies. */
export async function measureScale(project: BenchProject): Promise<Findings> {
  const large = withManyServers(project.config, servers);
  return {
    figures: scaleFigures({
      pairs: await repeat(rounds, `${pairs} pairs, render`, () => rendered(manyPairs(pairs))),
      servers: await repeat(rounds, `${servers} servers, render`, () => rendered(large)),
      applied: await applied(project, large),
    }),
  };
}

const program = join(import.meta.dirname, "renderProgram.ts");

/** Renders every host of a config in a process of its own, as each command does. @returns how long that takes, s */
async function rendered(config: object): Promise<number> {
  const { stdout } = await execa(process.execPath, [program], { input: JSON.stringify(config) });
  return Number(stdout);
}

/**
 * Moves a node to a haproxy.cfg with all those servers, and back. Only those of the bench's own pool answer.
 * @returns duration of each `hapair apply` with them, s
 */
async function applied(project: BenchProject, config: object): Promise<number[]> {
  const topology = parseTopology(config);
  const host = hostsOf(topology).find(({ role }) => role === "node");
  if (host === undefined) throw new Error("the bench's pair has nodes");
  const before = await liveBundle(project, host.name);
  const after = withServers(before, renderShown(topology, host)[haproxyConfig] ?? "");
  return await repeat(rounds, `${servers} servers, apply`, async () => {
    const begun = performance.now();
    await applyBundle(project, host.name, after);
    const seconds = (performance.now() - begun) / 1000;
    await applyBundle(project, host.name, before);
    return seconds;
  });
}

/**
 * A bundle with another haproxy.cfg.
 * @param config with `[secret]` for each secret; a line that has one is as in the bundle
 */
export function withServers(text: string, config: string): string {
  const bundle = Bundle.parse(JSON.parse(text));
  const lines = bundle.files.find(({ path }) => path === haproxyConfig)?.text.split("\n") ?? [];
  const words = (line: string) => line.trim().split(/\s+/).slice(0, 2).join(" ");
  const own = config.replace(/^.*\[secret\].*$/gm, (line) => {
    const known = lines.find((each) => words(each) === words(line));
    if (known === undefined) throw new Error(`the bundle has no line ${words(line)}`);
    return known;
  });
  return withFile(bundle, haproxyConfig, () => own);
}

/** Each round. */
interface Measured {
  readonly pairs: Seconds;
  readonly servers: Seconds;
  readonly applied: Seconds;
}

export function scaleFigures({ pairs: rendered, servers: wide, applied: live }: Measured): Figure[] {
  return [
    ...ofMedian(1, `${pairs} pairs rendered, median`, rendered),
    ...ofMedian(1, `pool of ${servers} servers rendered, median`, wide),
    ...ofMedian(2, `pool of ${servers} servers applied by a node, median`, live),
  ];
}
