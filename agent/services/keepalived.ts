import { mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { readIfThere } from "../../base/files.ts";
import { isHolder } from "../address/hold.ts";
import type { Candidate, Service } from "./service.ts";
import { complaintOf, refreshUnit, verbFor } from "./service.ts";

const config = "etc/keepalived/keepalived.conf";
const environment = "etc/default/keepalived";

export const keepalived: Service = {
  name: "keepalived",
  complaint,
  activate: (change) =>
    Promise.all(
      change.units.map((unit) => refreshUnit(change.host, unit, verbFor(unit, change, environment))),
    ),
  status: async (host, { node }) =>
    node
      ? {
          node: { holder: isHolder(host, node), virtualAddress: node.virtualAddress },
          warnings: schedulingWarnings(host.root),
        }
      : {},
};

/** SCHED_FIFO and SCHED_RR as field 41 of /proc/PID/stat has them. */
const realTime = ["1", "2"];

/** Where the host has refused keepalived's unit real time. Nothing where keepalived does not run: its unit says that. */
function schedulingWarnings(root: string): readonly string[] {
  const pids = readIfThere(join(root, "sys/fs/cgroup/system.slice/keepalived.service/cgroup.procs"));
  const policies = (pids?.split("\n") ?? [])
    .filter((pid) => pid !== "")
    // The name, in brackets, may have spaces in it.
    .map(
      (pid) =>
        readIfThere(join(root, "proc", pid, "stat"))
          ?.replace(/^.*\) /s, "")
          .split(" ")[38],
    );
  return policies.length > 0 && !policies.some((policy) => policy && realTime.includes(policy))
    ? [
        "keepalived is not scheduled in real time, which this host does not permit: while it is busy, the address may move. Set vrrp.advertIntervalMs to 80 or more",
      ]
    : [];
}

async function complaint(candidate: Candidate): Promise<string | undefined> {
  const { host, folder, files } = candidate;
  const file = files.find(({ path }) => path === config);
  if (file === undefined) return undefined;
  const made = makeTrackFolders(host.root, file.text);
  const test = await host.run("keepalived", ["--config-test", `--use-file=${folder}/${config}`]);
  for (const path of made) rmSync(path, { recursive: true, force: true });
  return complaintOf(candidate, test);
}

/**
 * keepalived refuses a track_file in a folder that does not exist, and the units that make those below /run may
 * not have run yet on this host. Returns the folders that were missing.
 */
function makeTrackFolders(root: string, text: string): readonly string[] {
  return [...text.matchAll(/^\s*file\s+"?(\/run\/[^\s"]+)/gm)].flatMap(
    ([, path = ""]) => mkdirSync(dirname(join(root, path)), { recursive: true, mode: 0o755 }) ?? [],
  );
}
