import { join } from "node:path";
import type { BundleFile } from "../../contract/bundle.ts";
import { mustRun } from "../host/mustRun.ts";
import type { System } from "../host/system.ts";
import { unitStates } from "../host/systemctl.ts";
import type { Candidate, Change, Service, UnitAction } from "./service.ts";
import { complaintOf, refreshUnit } from "./service.ts";

/** The host firewall. Its rule files have the format of iptables-restore, which can check them. */
export const ufw: Service = {
  name: "ufw",
  complaint,
  activate,
};

const loaders = new Map([
  ["etc/ufw/user.rules", "iptables-restore"],
  ["etc/ufw/user6.rules", "ip6tables-restore"],
]);
/** ufw itself loads them at its start. */
const kernelSettings = "etc/ufw/sysctl.conf";

async function complaint(candidate: Candidate): Promise<string | undefined> {
  for (const { path, text } of candidate.files) {
    const loader = loaders.get(path);
    if (loader === undefined) continue;
    const found = complaintOf(candidate, await candidate.host.run(loader, ["--test"], { input: text }));
    if (found !== undefined) return `/${path}: ${found}`;
  }
  return undefined;
}

async function activate({ host, files, paths, units, restart }: Change): Promise<readonly UnitAction[]> {
  const actions: UnitAction[] = [];
  for (const unit of units) {
    const [state] = await unitStates(host, [unit]);
    if (state?.active !== "active" || restart.has(unit)) {
      actions.push(await refreshUnit(host, unit, "restart"));
      continue;
    }
    host.progress(`reloading ${unit}`);
    const changed = files.filter(({ path }) => paths.includes(path));
    const gentle = ({ path }: BundleFile): boolean => loaders.has(path) || path === kernelSettings;
    if (changed.length < paths.length || !changed.every(gentle)) await reloadAll(host);
    else for (const file of changed) await load(host, file);
    actions.push({ unit, verb: "reloaded" });
  }
  return actions;
}

/**
 * Loads one file. Its rules replace ufw's own chains in one commit per address family, as `ufw allow` does: no rule is
 * missing at any moment. The files declare each chain they fill, which empties it first.
 */
async function load(host: System, { path, text }: BundleFile): Promise<void> {
  const loader = loaders.get(path);
  const { status, stderr } = loader
    ? await host.run(loader, ["--noflush"], { input: text })
    : await host.run("sysctl", ["--ignore", "--quiet", "--load", join("/", path)]);
  if (status !== 0) throw new Error(`/${path}: the kernel refuses it: ${stderr.trim()}`);
}

/** ufw's systemd unit has no reload, and `ufw reload` writes the rule files anew (update_logging in its backend). */
async function reloadAll(host: System): Promise<void> {
  await mustRun(host, "/usr/lib/ufw/ufw-init", ["force-reload"], { timeoutMs: 60_000 });
}
