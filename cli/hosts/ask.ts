import { basename } from "node:path";
import { Client } from "ssh2";
import { messageOf } from "../../base/failure.ts";
import { liveLink, pendingName, storePath } from "../../contract/bundle.ts";
import { HostReport } from "../../contract/hostStatus.ts";
import { type Connection, StackOutputs } from "../../contract/stackOutputs.ts";
import { connectConfig } from "../../tools/provider/connectConfig.ts";
import { runOverSsh, Transcript } from "../../tools/provider/runOverSsh.ts";
import { announceIfSlow } from "../session/output.ts";

export interface HostStatus {
  readonly host: string;
  readonly report?: HostReport;
  /** Why there is no report. */
  readonly trouble?: string;
}

/** Asks all hosts at once; one that does not answer is in the result with the reason. */
export function hostStatuses(hosts: Readonly<Record<string, Connection>>): Promise<HostStatus[]> {
  return Promise.all(
    Object.entries(hosts).map(async ([host, connection]): Promise<HostStatus> => {
      try {
        const asking = runOnHost(connection, "sudo hapair status --json");
        const { stdout, stderr, failure } = await announceIfSlow(`waiting for ${host} to answer`, asking);
        if (failure) return { host, trouble: stderr.trim() || `hapair status: ${failure}` };
        return { host, report: HostReport.parse(JSON.parse(stdout)) };
      } catch (error) {
        return { host, trouble: messageOf(error) };
      }
    }),
  );
}

/** Names of the hosts that report that they hold the virtual address; exactly one is right. */
export function holdersOf(hosts: readonly HostStatus[]): string[] {
  return hosts.filter(({ report }) => report?.node?.holder).map(({ host }) => host);
}

export interface LiveBundle {
  readonly host: string;
  readonly connection: Connection;
  /** Its SHA-256; undefined where a transaction has not ended, or the host does not answer. */
  readonly live: string | undefined;
}

const look = `sudo sh -c 'cd /${storePath} && readlink ${liveLink} && ! test -e ${pendingName}'`;

/**
 * The live bundle of every host, and nothing else: `hapair status` takes a hundred times as long.
 * @param ssh the stack's output of that name
 */
export function liveBundles(ssh: unknown): Promise<readonly LiveBundle[]> {
  return Promise.all(
    Object.entries(StackOutputs.shape.ssh.parse(ssh)).map(async ([host, connection]) => ({
      host,
      connection,
      live: await liveBundle(connection).catch(() => undefined),
    })),
  );
}

async function liveBundle(connection: Connection): Promise<string | undefined> {
  const { failure, stdout } = await runOnHost(connection, look);
  return failure ? undefined : basename(stdout.trim());
}

export interface SshResult {
  /** Why the command failed, in OpenSSH's terms; undefined where it succeeded. */
  readonly failure: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command on a host. @throws where the host does not answer within `timeoutMs` or shows another key. */
export async function runOnHost(
  connection: Connection,
  command: string,
  timeoutMs = 10_000,
): Promise<SshResult> {
  const client = new Client();
  const expired = setTimeout(() => client.destroy(), timeoutMs);
  try {
    await new Promise<void>((resolve, reject) => {
      client.once("ready", resolve).on("error", reject);
      client.once("close", () => reject(new Error(`no answer within ${timeoutMs / 1000} s`)));
      client.connect(connectConfig({ ...connection, perDialTimeout: timeoutMs / 1000, dialErrorLimit: 0 }));
    });
    const transcript = new Transcript("none", async () => {});
    const failure = await runOverSsh(client, { script: command, env: {}, stdin: "", transcript });
    return { failure, ...transcript.outputs };
  } finally {
    clearTimeout(expired);
    client.end();
  }
}
