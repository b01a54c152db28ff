import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { findExecutable } from "../../base/commands.ts";
import { Failure } from "../../base/failure.ts";
import { stateRoot } from "../paths.ts";

/** Commands that the lab calls on this host, each with its Debian package. */
export const hostCommands = {
  "systemd-nspawn": "systemd-container",
  mmdebstrap: "mmdebstrap",
  ip: "iproute2",
  tc: "iproute2",
  nsenter: "util-linux",
  unshare: "util-linux",
  flock: "util-linux",
  mount: "mount",
  "ssh-keygen": "openssh-client",
} as const;

/** Those that this host lacks. */
export function missingCommands(): (keyof typeof hostCommands)[] {
  const commands = Object.keys(hostCommands) as (keyof typeof hostCommands)[];
  return commands.filter((command) => findExecutable(command) === undefined);
}

/** @throws Failure where this host cannot carry a lab. Changes nothing. */
export function checkHost(): void {
  const missing = missingCommands();
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((command) => hostCommands[command]))].join(" ");
    throw new Failure(`This host has no ${missing.join(", ")}; install: apt-get install ${packages}.`);
  }
  checkOverlay();
}

function checkOverlay(): void {
  const probe = `${stateRoot}/.probe-${process.pid}`;
  for (const folder of ["lower", "upper", "work", "root"])
    mkdirSync(`${probe}/${folder}`, { recursive: true });
  const layers = `lowerdir=${probe}/lower,upperdir=${probe}/upper,workdir=${probe}/work`;
  try {
    const mount = ["--mount", "--net", "mount", "-t", "overlay", "probe", "-o", layers, `${probe}/root`];
    const { status, stderr, error } = spawnSync("unshare", mount, { encoding: "utf8" });
    if (status === 0) return;
    const reason = error?.message ?? stderr.trim();
    throw new Failure(
      `This host does not let root make namespaces with an overlay in ${stateRoot} (${reason}); use a machine or VM with CAP_SYS_ADMIN where that folder is on a disk, not in an unprivileged container.`,
    );
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}
