import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import * as z from "zod";
import { messageOf } from "../../base/failure.ts";
import { EgressConfig, egressConfigPath } from "../../contract/egressConfig.ts";
import { MoverConfig, moverConfigPath } from "../../contract/moverConfig.ts";
import { badInput } from "../errors.ts";
import type { Where } from "./http.ts";

/** The default of `--config` of the commands that measure or show egress. */
export const defaultConfigPath = `/${egressConfigPath}`;
/** The default of the daemon's own `--config`. */
export const defaultConfigFolder = dirname(defaultConfigPath);

/** What the daemon is told, each section by a file of its own. A part whose section is absent does not run. */
export interface DaemonConfig {
  readonly egress?: EgressConfig;
  readonly mover?: MoverConfig;
}

/** Throws a Failure where a file is wrong, or none is there. */
export function readDaemonConfig(folder: string): DaemonConfig {
  const egress = join(folder, basename(egressConfigPath));
  const mover = join(folder, basename(moverConfigPath));
  const found = [egress, mover].filter((path) => existsSync(path));
  if (found.length === 0)
    throw badInput(`there is neither ${egress} nor ${mover}: on a node, apply its bundle again`);
  return {
    ...(found.includes(egress) && { egress: readEgressConfig(egress) }),
    ...(found.includes(mover) && { mover: readConfig(mover, parseMoverConfig) }),
  };
}

/** Where the daemon serves its pages, and the other nodes' daemons. */
export function doorsOf({ egress, mover }: DaemonConfig): {
  readonly listen: readonly Where[];
  readonly peers: readonly Where[];
} {
  const own = mover === undefined ? [] : ["127.0.0.1", mover.privateAddress];
  const listen = own.map((address) => ({ address, port: mover?.page.port ?? 0 }));
  return {
    listen: distinct([...(egress?.listen ?? []), ...listen]),
    peers: distinct([...(egress?.peers ?? []), ...(mover?.peers ?? [])]),
  };
}

function distinct(all: readonly Where[]): readonly Where[] {
  const byPlace = new Map(all.map(({ address, port }) => [`${address}:${port}`, { address, port }]));
  return [...byPlace.values()];
}

/** Throws a Failure with everything that is wrong with it. */
export function readEgressConfig(path: string): EgressConfig {
  return readConfig(path, parseEgressConfig);
}

function readConfig<Config>(path: string, parse: (text: string) => Config): Config {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw badInput(
      `cannot read ${path} (${messageOf(error)}): only nodes have it; on a node, apply its bundle again`,
    );
  }
  try {
    return parse(text);
  } catch (error) {
    throw badInput(`${path} ${messageOf(error)}; apply the host's bundle again`);
  }
}

/** Checks a config as the daemon does. The error's message follows the file's name: `is not JSON (…)`. */
export function parseEgressConfig(text: string): EgressConfig {
  const config = parsed(text, EgressConfig, "an egress config");
  try {
    if (config.ca !== "") new X509Certificate(config.ca);
  } catch (error) {
    throw new Error(`is not an egress config: ca is not a certificate in PEM (${messageOf(error)})`);
  }
  return config;
}

/** The same for the mover's config. */
export function parseMoverConfig(text: string): MoverConfig {
  return parsed(text, MoverConfig, "a mover's config");
}

function parsed<Shape extends z.ZodType>(text: string, shape: Shape, what: string): z.output<Shape> {
  const { success, data, error } = shape.safeParse(json(text));
  if (!success) throw new Error(`is not ${what}: ${z.prettifyError(error).replace(/\s+/g, " ")}`);
  return data;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`is not JSON (${messageOf(error)})`);
  }
}
