import { aptInstall } from "./apt.ts";
import { findExecutable } from "./findExecutable.ts";
import type { Step } from "./step.ts";

/** What the lab runs on this machine, and the Debian package that brings it. */
const packageOf: Record<string, string> = {
  mmdebstrap: "mmdebstrap",
  "systemd-nspawn": "systemd-container",
  ip: "iproute2",
  nsenter: "util-linux",
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
    await aptInstall(
      missing.filter((name) => name !== undefined),
      report,
    );
  },
};
