import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import * as z from "zod";
import { messageOf } from "../../base/failure.ts";
import { EdgeConfig, edgeConfigPath } from "../../contract/edgeConfig.ts";
import { EgressConfig, egressConfigPath } from "../../contract/egressConfig.ts";
import { MoverConfig, moverConfigPath } from "../../contract/moverConfig.ts";
import { RoutesConfig, routesConfigPath } from "../../contract/routesConfig.ts";
import { UpdatesConfig, updatesConfigPath } from "../../contract/updates/config.ts";
import { badInput } from "../errors.ts";

/** The default of `--config` of the commands that measure or show egress. */
export const defaultConfigPath = `/${egressConfigPath}`;
/** The default of the daemon's own `--config`. */
export const defaultConfigFolder = dirname(defaultConfigPath);

/** What the mover is told: its own file, and what it needs of the egress config. */
export type MoverSettings = MoverConfig &
  Readonly<Pick<EgressConfig, "peers">> & { readonly vrrpFile: string };

/** What the routes are told: their own file, and what their health needs of the egress config. */
type RoutesSettings = RoutesConfig & {
  readonly egress: Pick<
    EgressConfig,
    "actionSocket" | "peers" | "keepalivedEvents" | "haproxyTrackFile" | "virtualAddress"
  >;
  /** Present where a service names the nodes of a route. */
  readonly updates?: UpdatesConfig;
};

/** What the daemon is told, by section. A part whose section is absent does not run. */
export interface DaemonConfig {
  readonly egress: EgressConfig;
  /** Present where there is a file of the mover's. */
  readonly mover?: MoverSettings;
  /** Present where there is a file of the routes'. */
  readonly routes?: RoutesSettings;
  /** Present where there is a file of the edge's. */
  readonly edge?: EdgeConfig;
}

/**
 * Throws a Failure where a file is wrong, or the egress config is missing.
 * @param withoutRoutes is told why the routes are left out where their file is wrong; without it, that is thrown as well
 */
export function readDaemonConfig(folder: string, withoutRoutes?: (problem: string) => void): DaemonConfig {
  const egressFile = join(folder, basename(egressConfigPath));
  const moverFile = join(folder, basename(moverConfigPath));
  const routesFile = join(folder, basename(routesConfigPath));
  const edgeFile = join(folder, basename(edgeConfigPath));
  const updatesFile = join(folder, basename(updatesConfigPath));
  const egress = readEgressConfig(egressFile);
  return {
    egress,
    ...(existsSync(routesFile) ? routesSection() : {}),
    ...(existsSync(moverFile) ? { mover: moverSettings() } : {}),
    ...(existsSync(edgeFile) ? { edge: readConfig(edgeFile, parseEdgeConfig) } : {}),
  };

  function routesSection(): Pick<DaemonConfig, "routes"> {
    try {
      const updates = existsSync(updatesFile) ? readConfig(updatesFile, parseUpdatesConfig) : undefined;
      return { routes: { ...readRoutesConfig(routesFile), egress, ...(updates && { updates }) } };
    } catch (error) {
      if (withoutRoutes === undefined) throw error;
      withoutRoutes(messageOf(error));
      return {};
    }
  }

  function moverSettings(): MoverSettings {
    const { peers, vrrpFile } = egress;
    if (vrrpFile === undefined)
      throw badInput(
        `${egressFile} has no vrrpFile, which ${moverFile} needs; apply the host's bundle again`,
      );
    return { ...readConfig(moverFile, parseMoverConfig), peers, vrrpFile };
  }
}

/** Throws a Failure with everything that is wrong with it. */
export function readRoutesConfig(path: string): RoutesConfig {
  return readConfig(path, parseRoutesConfig);
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

/** The same for the edge's config. */
export function parseEdgeConfig(text: string): EdgeConfig {
  return parsed(text, EdgeConfig, "an edge's config");
}

/** The same for the config of the routes. */
export function parseRoutesConfig(text: string): RoutesConfig {
  return parsed(text, RoutesConfig, "a config of routes");
}

/** The same for the config of the service that names nodes. */
export function parseUpdatesConfig(text: string): UpdatesConfig {
  return parsed(text, UpdatesConfig, "a config of node updates");
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
