import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { groupLives } from "./group.ts";
import { LabError } from "./labError.ts";
import { findLeader } from "./leader.ts";
import { consoleLog } from "./paths.ts";
import { readIfThere } from "./store.ts";
import { waitFor } from "./waitFor.ts";

/** Waits until sshd answers on the forwarded port; false where the machine ends instead. Throws after a minute. */
export async function waitForSsh(lab: string, name: string, port: number): Promise<boolean> {
  const answered = await waitFor(60_000, async () => {
    if (!groupLives(lab, name)) return "ended";
    // Asked from the outside too early, the neighbour entry fails and delays the next connections.
    return listens(findLeader(lab, name)) && (await greets(port)) ? "greeted" : undefined;
  });
  if (answered !== undefined) return answered === "greeted";
  const console = (readIfThere(consoleLog(lab, name)) ?? "").split("\n").slice(-8).join("\n");
  throw new LabError(
    `Machine ${name} of lab ${lab} does not answer SSH on 127.0.0.1:${port} within 60 s; its console ends with:\n${console}`,
  );
}

/** Something listens on port 22 (0x16) inside, state LISTEN (0A), and logins are let in. */
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
