import { existsSync } from "node:fs";
import { findExecutable } from "../../base/commands.ts";
import { hostCommands } from "../../lab/image/hostNeeds.ts";
import { aptInstall } from "./apt.ts";
import type { Step } from "./step.ts";

/** Commands that the project calls on this machine, each with its Debian package. */
const packageOf: Record<string, string> = {
  ...hostCommands,
  // The engine's installer downloads with it.
  curl: "curl",
  // A lab that plays AWS has its network by it.
  nft: "nftables",
  openssl: "openssl",
  psql: "postgresql-client",
};

/** Without it no certificate of a download is trusted. */
const authorities = "/etc/ssl/certs/ca-certificates.crt";

/** One of the PostgreSQL drivers that tests log in with. */
const psycopg = "/usr/lib/python3/dist-packages/psycopg/__init__.py";

/** What this machine needs: the package, and the path of what it installs; undefined where that is missing. */
const needs = (): { readonly name: string; readonly path: string | undefined }[] => [
  ...Object.entries(packageOf).map(([command, name]) => ({ name, path: findExecutable(command) })),
  { name: "ca-certificates", path: existsSync(authorities) ? authorities : undefined },
  { name: "python3-psycopg", path: existsSync(psycopg) ? psycopg : undefined },
];

/** Names of the packages that this machine lacks. */
export function missingPackages(): string[] {
  const missing = needs().filter(({ path }) => path === undefined);
  return [...new Set(missing.map(({ name }) => name))];
}

/** The commands for lab and set-up, from the distribution. */
export const debianPackages: Step = {
  files: () => needs().flatMap(({ path }) => path ?? []),
  isDone: async () => needs().every(({ path }) => path !== undefined),
  async run(report) {
    await aptInstall(missingPackages(), report);
  },
};
