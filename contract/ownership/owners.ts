import { actionUnit, agentUnit, certificateUnits, closeUnit } from "../agentConfig.ts";
import { edgeConfigPath } from "../edgeConfig.ts";
import { egressConfigPath } from "../egressConfig.ts";
import { moverConfigPath } from "../moverConfig.ts";
import { routesConfigPath } from "../routesConfig.ts";
import { updatesConfigPath } from "../updates/config.ts";
import type { ServiceName } from "./names.ts";

interface Owned {
  /** Folders, with a slash at their end, and files, relative to `/`. */
  readonly paths: readonly string[];
  readonly units?: RegExp;
}

/** What each service reads and runs of a bundle. */
const owned: Readonly<Record<ServiceName, Owned>> = {
  sysctl: { paths: ["etc/sysctl.d/"] },
  accounts: { paths: ["etc/sysusers.d/", "etc/tmpfiles.d/"] },
  systemd: { paths: ["etc/systemd/"] },
  ufw: { paths: ["etc/ufw/", "etc/default/ufw"], units: /^ufw\.service$/ },
  rsyslog: { paths: ["etc/rsyslog.d/", "etc/rsyslog.conf"], units: /^rsyslog\.service$/ },
  postgresql: {
    paths: ["etc/postgresql/", "etc/hapair/roles.sql"],
    units: /^postgresql@.+\.service$/,
  },
  pgbouncer: { paths: ["etc/pgbouncer/"], units: /^pgbouncer@.+\.service$/ },
  wireproxy: { paths: ["etc/hapair/wireproxy/"], units: /^wireproxy@.+\.service$/ },
  haproxy: { paths: ["etc/haproxy/", "etc/default/haproxy"], units: /^haproxy\.service$/ },
  hapair: {
    paths: [
      edgeConfigPath,
      egressConfigPath,
      moverConfigPath,
      routesConfigPath,
      updatesConfigPath,
      ...["routes.crt", "routes.key", "routes-database.pem"].map((name) => `etc/hapair/${name}`),
    ],
    units: new RegExp(`^(?:${[agentUnit, actionUnit, closeUnit, ...certificateUnits].join("|")})$`),
  },
  keepalived: { paths: ["etc/keepalived/", "etc/default/keepalived"], units: /^keepalived\.service$/ },
};
const entries = Object.entries(owned) as [ServiceName, Owned][];

/** The service that loads a file of a bundle; undefined where none has to. */
export function ownerOf(path: string): ServiceName | undefined {
  const has = (own: string) => path === own || (own.endsWith("/") && path.startsWith(own));
  return entries.find(([, { paths }]) => paths.some(has))?.[0];
}

/** The service whose daemon a unit is; undefined for units that nothing has to load. */
export function runnerOf(unit: string): ServiceName | undefined {
  return entries.find(([, { units }]) => units?.test(unit))?.[0];
}
