import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { Failure } from "../../base/failure.ts";
import { readIfThere } from "../../base/files.ts";
import { waitFor } from "../../base/waitFor.ts";
import { cutFile } from "../faults/cut.ts";
import { bridge, bridgePort, consoleLog, machineDir, namespace, namespacePath } from "../paths.ts";
import { groupGone, groupLives, startGroup } from "../process/group.ts";
import { run } from "../process/run.ts";
import { findLeader } from "./exec.ts";

const boot = fileURLToPath(new URL("boot.sh", import.meta.url));

/** Boots the machine from its disk, once processes of an earlier boot are gone. */
export async function startMachine(lab: string, name: string, base: string): Promise<void> {
  if (!(await groupGone(lab, name, 10_000)))
    throw new Failure(
      `Processes of machine ${name} of lab ${lab} did not end; inspect them with systemd-cgls, then run this again.`,
    );
  await run(["ip", "-n", namespace(lab), "link", "delete", bridgePort(name)]).catch(() => undefined);
  rmSync(cutFile(lab, name), { force: true });
  const argv = [
    ...["nsenter", `--net=${namespacePath(lab)}`, "unshare", "--mount", "--propagation", "private"],
    ...["sh", boot, name, machineDir(lab, name), base, bridge],
  ];
  const first = startGroup(lab, name, argv, consoleLog(lab, name));
  // Until its first process has joined, the group looks as if it had ended.
  await waitFor(10_000, () => (groupLives(lab, name) || first.exitCode !== null ? true : undefined), {
    everyMs: 2,
  });
}

/** Waits until sshd answers on the forwarded port; false where the machine ends instead. @throws Failure after 60 s */
export async function waitForSsh(lab: string, name: string, port: number): Promise<boolean> {
  const answered = await waitFor(60_000, async () => {
    if (!groupLives(lab, name)) return "ended";
    // A connection before the machine listens leaves a failed neighbour entry, which delays the next ones.
    return listens(findLeader(lab, name)) && (await greets(port)) ? "greeted" : undefined;
  });
  if (answered !== undefined) return answered === "greeted";
  const console = (readIfThere(consoleLog(lab, name)) ?? "").split("\n").slice(-8).join("\n");
  throw new Failure(
    `Machine ${name} of lab ${lab} does not answer SSH on 127.0.0.1:${port} within 60 s; its console ends with:\n${console}`,
  );
}

/** True where a socket inside listens (state 0A) on port 22 (0x16) and logins are allowed. */
function listens(leader: number | undefined): boolean {
  if (leader === undefined || existsSync(`/proc/${leader}/root/run/nologin`)) return false;
  return / [0-9A-F]{8}:0016 [0-9A-F]{8}:0000 0A /.test(readIfThere(`/proc/${leader}/net/tcp`) ?? "");
}

async function greets(port: number): Promise<boolean> {
  const socket = connect({ host: "127.0.0.1", port });
  try {
    const signal = AbortSignal.timeout(500);
    const [greeting] = await once(socket, "data", { signal });
    return String(greeting).startsWith("SSH-");
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
