import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../base/failure.ts";
import { readIfThere } from "../../base/files.ts";
import type { BundleFile } from "../../contract/bundle.ts";
import type { Finding } from "../../contract/ownership/finding.ts";
import type { System } from "../host/system.ts";
import { unitStates } from "../host/systemctl.ts";
import { asPostgres } from "../services/postgresql.ts";
import type { KnownBundle } from "../store/readBundle.ts";
import { changedSettings } from "./clusterDefaults.ts";

const service = "postgresql";
/** The comment with which `roles.sql` marks the roles that it declares. */
const ownComment = "declared by hapair";

interface PostgresqlCheck {
  /** The cluster's unit, where the bundle runs one; the same where it takes it newly. */
  readonly runs: string | undefined;
  readonly unit: string | undefined;
  /** What its `roles.sql` declares and that of the live bundle does not. */
  readonly newRoles: readonly string[];
}

export function postgresqlCheck(
  { bundle, config }: KnownBundle,
  live: KnownBundle | undefined,
  units: readonly string[],
): PostgresqlCheck {
  const runs = config?.pool?.postgresUnit;
  const liveRoles = declaredRoles(live?.bundle.files ?? [], live?.config?.pool?.rolesFile);
  const roles = declaredRoles(bundle.files, config?.pool?.rolesFile);
  return {
    runs,
    unit: units.find((one) => one === runs),
    newRoles: roles.filter((role) => !liveRoles.includes(role)),
  };
}

function declaredRoles(files: readonly BundleFile[], path: string | undefined): readonly string[] {
  const text = files.find((file) => file.path === path)?.text ?? "";
  return [...text.matchAll(/^ALTER ROLE "([^"]+)"/gm)].map(([, name = ""]) => name);
}

/** A cluster with data or settings of somebody's own, and roles that no bundle has made but this one would alter. */
export async function ownPostgresql(host: System, check: PostgresqlCheck): Promise<readonly Finding[]> {
  const { unit, runs, newRoles } = check;
  if (runs === undefined || (unit === undefined && newRoles.length === 0)) return [];
  const [state] = await unitStates(host, [runs]);
  const isActive = state?.active === "active";
  const settings = unit === undefined ? [] : ownSettings(host.root, unit);
  if (!isActive) return [...settings, ...(unit === undefined ? [] : sleepingData(host.root, unit))];
  try {
    const found = await contentsOf(host);
    const named = newRoles.filter((role) => found.roles.includes(role));
    return [
      ...settings,
      ...(unit === undefined || found.isOurs ? [] : data(unit, found.others)),
      ...named.map(ownRole),
    ];
  } catch (error) {
    const reason = messageOf(error);
    return [
      ...settings,
      {
        service,
        found: `what the PostgreSQL on this host has is unknown, it runs and does not answer (${reason})`,
        remedy: "let the system user postgres log in on its local socket",
      },
    ];
  }
}

function ownRole(role: string): Finding {
  return {
    service,
    found: `PostgreSQL has a role ${role} already, and no bundle has made it`,
    remedy: "choose another name; taken over, it gets the stack's password and loses its attributes",
  };
}

/** What the cluster has besides what every cluster has. */
const contents = `select 'schema', nspname from pg_namespace where nspname = 'hapair'
union all select 'database', datname from pg_database where datname not in ('postgres', 'template0', 'template1')
union all select 'role', rolname from pg_roles where rolname <> 'postgres' and rolname !~ '^pg_'
  and shobj_description(oid, 'pg_authid') is distinct from '${ownComment}'
union all select 'table', schemaname || '.' || relname from pg_stat_user_tables where schemaname <> 'hapair'`;

interface Contents {
  /** Whether a bundle has declared roles in it before. */
  readonly isOurs: boolean;
  readonly roles: readonly string[];
  readonly others: readonly string[];
}

async function contentsOf(host: System): Promise<Contents> {
  const { status, stdout, stderr } = await asPostgres(host, ["psql", "-XAtqc", contents], {
    timeoutMs: 5000,
  });
  if (status !== 0) throw new Error(stderr.trim().replace(/\s+/g, " ") || `exit status ${status}`);
  const rows = stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("|") as [kind: string, name: string]);
  const of = (kind: string) => rows.filter(([one]) => one === kind).map(([, name]) => name);
  return {
    isOurs: of("schema").length > 0,
    roles: of("role"),
    others: rows.filter(([kind]) => kind !== "schema").map(([kind, name]) => `the ${kind} ${name}`),
  };
}

function data(unit: string, others: readonly string[]): readonly Finding[] {
  if (others.length === 0) return [];
  const shown = others.slice(0, 3).join(", ");
  const more = others.length > 3 ? ` and ${others.length - 3} more` : "";
  return [
    {
      service,
      found: `${unit} has data of somebody's own, ${shown}${more}`,
      remedy: "choose another machine; taken over, the data stays and clients log in as the stack says",
    },
  ];
}

/** A cluster that does not run: every database is a folder named by its number, the first three are every cluster's. */
function sleepingData(root: string, unit: string): readonly Finding[] {
  const folder = join(root, dataFolder(unit), "base");
  const databases = existsSync(folder)
    ? readdirSync(folder).filter((name) => /^\d+$/.test(name) && Number(name) >= firstOwnNumber)
    : [];
  return data(
    unit,
    databases.map((name) => `the database with the number ${name}`),
  );
}

/** Objects that initdb makes have smaller numbers (FirstNormalObjectId in PostgreSQL's transam.h). */
const firstOwnNumber = 16_384;

function dataFolder(unit: string): string {
  return `var/lib/postgresql/${clusterOf(unit)}`;
}

/** `17/main` */
function clusterOf(unit: string): string {
  return unit.replace(/^postgresql@|\.service$/g, "").replace("-", "/");
}

/** Settings that stay in force beside the bundle's: its file is read after postgresql.conf and before ALTER SYSTEM's. */
function ownSettings(root: string, unit: string): readonly Finding[] {
  const main = `etc/postgresql/${clusterOf(unit)}/postgresql.conf`;
  const auto = `${dataFolder(unit)}/postgresql.auto.conf`;
  const changes = [
    [main, changedSettings(readIfThere(join(root, main)) ?? "", clusterOf(unit))],
    [auto, changedSettings(readIfThere(join(root, auto)) ?? "", undefined)],
  ] as const;
  return changes.flatMap(([path, keys]) =>
    keys.length === 0
      ? []
      : [
          {
            service,
            found: `/${path} has settings of somebody's own, ${keys.join(", ")}`,
            remedy: "take them back; taken over, they stay in force beside hapair's",
          } as const,
        ],
  );
}
