import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { leaderPid } from "../../../lab/leader.ts";
import { poolBackend, runtimeSocket } from "../../../render/paths.ts";

/** How many poolers a node's haproxy would send a client to; 0 where that haproxy does not answer. */
export async function poolersUp(lab: string, node: string): Promise<number> {
  try {
    // A Unix socket is reached by its file, whatever network namespace its owner lives in.
    const socket = connect(`/proc/${leaderPid(lab, node)}/root${runtimeSocket}`);
    socket.setTimeout(1000, () => socket.destroy(new Error("no answer")));
    socket.write("show stat\n");
    const [header = "", ...rows] = (await text(socket)).replace(/^# /, "").split("\n");
    const columns = header.split(",");
    const [backend, server, status] = ["pxname", "svname", "status"].map((name) => columns.indexOf(name));
    if (backend === undefined || server === undefined || status === undefined) return 0;
    return rows
      .map((row) => row.split(","))
      .filter((row) => row[backend] === poolBackend && row[server] !== "BACKEND" && row[status] === "UP")
      .length;
  } catch {
    return 0;
  }
}
