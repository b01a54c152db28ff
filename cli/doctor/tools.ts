import { mayBecomeRoot } from "../../base/becomeRoot.ts";
import { findExecutable } from "../../base/commands.ts";
import { missingPackages } from "../../tools/setup/debianPackages.ts";
import { type Finding, later, wrong } from "./finding.ts";

/** What this machine itself lacks for the project's commands. */
export function examineTools(): readonly Finding[] {
  return toolFindings(missingPackages(), findExecutable("apt-get") !== undefined && mayBecomeRoot());
}

/**
 * @param missing names of Debian packages
 * @param mayInstall whether the set-up can install them
 */
export function toolFindings(missing: readonly string[], mayInstall: boolean): readonly Finding[] {
  if (missing.length === 0) return [];
  const names = missing.join(" ");
  if (mayInstall) return [later(`this machine lacks ${names}: the first command installs them`)];
  return [
    wrong(
      `this machine lacks ${names}, and this user may not install them: apt-get install ${names} as root, or give the user sudo without a password`,
    ),
  ];
}
