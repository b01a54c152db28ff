import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cutFile } from "./cutState.ts";
import { groupGone, groupLives, startGroup } from "./group.ts";
import { LabError } from "./labError.ts";
import { bridge, bridgePort, consoleLog, machineDir, namespace, namespacePath } from "./paths.ts";
import { run } from "./run.ts";
import { waitFor } from "./waitFor.ts";

const boot = fileURLToPath(new URL("boot.sh", import.meta.url));

/** Boots the machine from its disk, once what is left of an earlier life has gone. */
export async function startMachine(lab: string, name: string, base: string): Promise<void> {
  if (!(await groupGone(lab, name, 10_000)))
    throw new LabError(`Processes of machine ${name} of lab ${lab} do not end.`);
  await run(["ip", "-n", namespace(lab), "link", "delete", bridgePort(name)]).catch(() => undefined);
  rmSync(cutFile(lab, name), { force: true });
  const argv = [
    ...["nsenter", `--net=${namespacePath(lab)}`, "unshare", "--mount", "--propagation", "private"],
    ...["sh", boot, name, machineDir(lab, name), base, bridge],
  ];
  const first = startGroup(lab, name, argv, consoleLog(lab, name));
  // Until the first process has joined, its group looks like one that has ended.
  await waitFor(10_000, () => (groupLives(lab, name) || first.exitCode !== null ? true : undefined), 2);
}
