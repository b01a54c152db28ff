import { hostCommands } from "../../lab/hostNeeds.ts";
import { aptInstall } from "./apt.ts";
import { findExecutable } from "./findExecutable.ts";
import type { Step } from "./step.ts";

/** Commands that ours call on this machine, and the Debian package that brings each. */
const packageOf: Record<string, string> = {
  ...hostCommands,
  openssl: "openssl",
  psql: "postgresql-client",
};
const commands = Object.keys(packageOf);

/** The lab's tools, from the distribution. */
export const debianPackages: Step = {
  present: () => commands.map(findExecutable).filter((path) => path !== undefined),
  isDone: async () => commands.every(findExecutable),
  async run(report) {
    const missing = commands
      .filter((command) => !findExecutable(command))
      .map((command) => packageOf[command]);
    await aptInstall([...new Set(missing.filter((name) => name !== undefined))], report);
  },
};
