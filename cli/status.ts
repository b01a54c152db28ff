import * as z from "zod";
import type { Connection } from "./outputs.ts";
import { runOnHost } from "./ssh.ts";

/** What `hapair status --json` prints on a host, as far as it is shown here. */
const HostReport = z.looseObject({
  node: z.optional(z.looseObject({ holder: z.boolean() })),
});
export type HostReport = z.infer<typeof HostReport>;

export interface HostStatus {
  readonly host: string;
  readonly report?: HostReport;
  /** Why there is no report. */
  readonly trouble?: string;
}

/** Asks every host at once; one that does not answer is a part of the answer. */
export function hostStatuses(hosts: Readonly<Record<string, Connection>>): Promise<HostStatus[]> {
  return Promise.all(
    Object.entries(hosts).map(async ([host, connection]): Promise<HostStatus> => {
      try {
        const { stdout, stderr, status } = await runOnHost(connection, "sudo hapair status --json");
        const report = HostReport.safeParse(parseJson(stdout));
        return report.success
          ? { host, report: report.data }
          : { host, trouble: stderr.trim() || `hapair status ended with ${status}` };
      } catch (error) {
        return { host, trouble: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
