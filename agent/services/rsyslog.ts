import { ownerOf } from "../../contract/ownership/owners.ts";
import type { Candidate, Service } from "./service.ts";
import { complaintOf, refreshUnit } from "./service.ts";

/** Reads its files at the start only; a restart loses nothing, the socket is systemd's. */
export const rsyslog: Service = {
  name: "rsyslog",
  complaint,
  activate: ({ host, units }) => Promise.all(units.map((unit) => refreshUnit(host, unit, "restart"))),
};

async function complaint(candidate: Candidate): Promise<string | undefined> {
  for (const { path } of candidate.files.filter((file) => ownerOf(file.path) === "rsyslog")) {
    const ran = await candidate.host.run("rsyslogd", ["-N1", "-f", `${candidate.folder}/${path}`]);
    const found = complaintOf(candidate, ran);
    if (found !== undefined) return found;
  }
  return undefined;
}
