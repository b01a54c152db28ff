import { createHash } from "node:crypto";
import * as z from "zod";
import type { Bundle, BundleFile } from "../contract/bundle.ts";
import { fixedSettings } from "../contract/fixedSettings.ts";
import { composePath, listensLabel, poolFolder, serviceOf } from "../contract/laptop.ts";
import type { PoolHost } from "../topology/hosts.ts";
import { poolersOn } from "../topology/pool.ts";
import type { Topology } from "../topology/topology.ts";
import { type HostBundle, hostBundle, shownFiles } from "./bundle.ts";
import { openFiles, socketFolder } from "./paths.ts";
import { poolAgentConfig, poolFiles, poolUnits } from "./roles/poolParts.ts";
import { masked, type Secrets } from "./secrets.ts";
import { agentConfigFile } from "./services/hapair.ts";
import { poolerUnit } from "./services/pgbouncer.ts";
import { clusterFolder, postgresUnit } from "./services/postgresql.ts";
import { file, template } from "./template.ts";

/**
 * The pool on the laptop: the files that a host with a pool has, without those of systemd, and the compose file that runs
 * its daemons in containers.
 */

/**
 * By tag and digest: a tag may be built anew. As public projects pin them (seen in November 2026); the registry itself was
 * out of reach. PgBouncer is of the version that Debian 13 has.
 */
const images = {
  postgres: "postgres:17.10-bookworm@sha256:9b18b78397054fce88a9552e9d5a3ad5bb7fd258c5b3cc1c5028e46373d6ea8f",
  pgbouncer:
    "edoburu/pgbouncer:v1.24.1-p1@sha256:3db3d7223e93af52b4116f642951a1a5fa44702a88c2a59cf7562cac19320c9e",
} as const;

/** Compose makes a container anew where this label changes. */
const fixedLabel = "hapair.fixed-settings";

const compose = template(
  "laptop/compose.yaml",
  z.strictObject({
    images: z.strictObject({ postgres: z.string(), pgbouncer: z.string() }),
    folder: z.string(),
    /** Folders of settings that the containers get, relative to `/`. */
    copied: z.array(z.string()).min(1),
    clusterFolder: z.string(),
    socketFolder: z.string(),
    fixedLabel: z.string(),
    listensLabel: z.string(),
    address: z.string(),
    openFiles: z.int(),
    /** False where the database is external. */
    postgres: z.union([
      z.literal(false),
      z.strictObject({
        service: z.string(),
        port: z.int(),
        network: z.enum(["host", "none"]),
        fixed: z.string(),
        /** On this machine; false where it has no network. */
        listens: z.union([z.literal(false), z.string()]),
      }),
    ]),
    poolers: z.array(z.strictObject({ service: z.string(), port: z.int(), fixed: z.string() })).min(1),
  }),
);

/** Renders the laptop's bundle. Pure, as `renderHost`; with masked secrets for who only checks it. */
export function renderLaptop(laptop: PoolHost, secrets: Secrets): HostBundle {
  return hostBundle(bundleOf(laptop, secrets));
}

/** Its files by path, with `[secret]` for every secret. */
export function renderShownLaptop(topology: Topology, laptop: PoolHost): Readonly<Record<string, string>> {
  return shownFiles(bundleOf(laptop, masked(topology)));
}

function bundleOf(laptop: PoolHost, secrets: Secrets): Bundle {
  const pool = poolFiles(laptop, secrets).filter(({ path }) => !path.startsWith("etc/systemd/"));
  const files = [
    ...pool,
    agentConfigFile({ host: laptop.name, ...poolAgentConfig(laptop, secrets) }),
    composeFile(laptop, pool),
  ];
  return {
    format: 1,
    host: laptop.name,
    units: { enabled: [...poolUnits(laptop).enabled], disabled: [] },
    files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

function composeFile({ name, address, pair, pool }: PoolHost, files: readonly BundleFile[]): BundleFile {
  const fixed = (daemon: "pgbouncer" | "postgresql", path: string) => {
    const text = files.find((one) => one.path === path)?.text ?? "";
    return createHash("sha256").update(fixedSettings(daemon, text)).digest("hex").slice(0, 16);
  };
  const settings = `${clusterFolder}/conf.d/hapair.conf`;
  const isOwn = pool.database.external === undefined;
  const { port } = pool.postgres;
  const isOnNetwork = pool.directClients.length > 0;
  const text = compose({
    images,
    folder: poolFolder,
    copied: ["etc/pgbouncer", ...(isOwn ? [clusterFolder] : [])],
    clusterFolder,
    socketFolder,
    fixedLabel,
    listensLabel,
    address,
    openFiles,
    postgres: isOwn && {
      service: serviceOf(postgresUnit),
      port,
      network: isOnNetwork ? "host" : "none",
      fixed: fixed("postgresql", settings),
      listens: isOnNetwork && ["127.0.0.1", "[::1]", address].map((host) => `${host}:${port}`).join(" "),
    },
    poolers: poolersOn(pair, name).map(({ port }) => ({
      service: serviceOf(poolerUnit(port)),
      port,
      fixed: fixed("pgbouncer", `etc/pgbouncer/${port}.ini`),
    })),
  });
  return file(composePath, text, { mode: "0600" });
}
