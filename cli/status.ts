import { HostReport } from "./hostReport.ts";
import type { Connection } from "./outputs.ts";
import { saying } from "./saying.ts";
import { runOnHost } from "./ssh.ts";

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
        const asking = runOnHost(connection, "sudo hapair status --json");
        const { stdout, stderr, failure } = await saying(`waiting for ${host} to answer`, asking);
        if (failure) return { host, trouble: stderr.trim() || `hapair status: ${failure}` };
        return { host, report: HostReport.parse(JSON.parse(stdout)) };
      } catch (error) {
        return { host, trouble: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
}

/** Names of the hosts that say they hold the virtual address: one, if all is well. */
export function holdersOf(hosts: readonly HostStatus[]): string[] {
  return hosts.filter(({ report }) => report?.node?.holder).map(({ host }) => host);
}
