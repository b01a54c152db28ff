import { statRows } from "../../../agent/haproxy/stat.ts";
import { askHaproxy } from "./askHaproxy.ts";

/** A backend's servers as a node's haproxy sees them (`UP`, `DOWN`, `DRAIN` …); none where it does not answer. */
export async function serverStates(
  lab: string,
  node: string,
  backend: string,
): Promise<Readonly<Record<string, string>>> {
  try {
    const rows = statRows(await askHaproxy(lab, node, "show stat"));
    return Object.fromEntries(
      rows.filter((row) => row.backend === backend).map(({ server, status }) => [server, status]),
    );
  } catch {
    return {};
  }
}
