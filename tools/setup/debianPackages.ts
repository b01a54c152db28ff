import { existsSync } from "node:fs";
import { findExecutable } from "../../base/commands.ts";
import { hostCommands } from "../../lab/image/hostNeeds.ts";
import { aptInstall } from "./apt.ts";
import type { Step } from "./step.ts";

/** Commands that ours call on this machine, and the Debian package that brings each. */
const packageOf: Record<string, string> = {
  ...hostCommands,
  // The engine's own installer downloads with it.
  curl: "curl",
  openssl: "openssl",
  psql: "postgresql-client",
};

/** Without it no download's certificate is good. */
const authorities = "/etc/ssl/certs/ca-certificates.crt";

/** What must be there: the package that brings it, and its absolute path where it is. */
const needs = (): { readonly name: string; readonly path: string | undefined }[] => [
  ...Object.entries(packageOf).map(([command, name]) => ({ name, path: findExecutable(command) })),
  { name: "ca-certificates", path: existsSync(authorities) ? authorities : undefined },
];

/** The tools of lab and set-up, from the distribution. */
export const debianPackages: Step = {
  present: () => needs().flatMap(({ path }) => path ?? []),
  isDone: async () => needs().every(({ path }) => path !== undefined),
  async run(report) {
    const missing = needs().filter(({ path }) => path === undefined);
    await aptInstall([...new Set(missing.map(({ name }) => name))], report);
  },
};
