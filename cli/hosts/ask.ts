import { basename } from "node:path";
import * as z from "zod";
import { shellWord } from "../../base/commands.ts";
import { messageOf } from "../../base/failure.ts";
import { joinUnit } from "../../contract/agentConfig.ts";
import { liveLink, pendingName, storePath } from "../../contract/bundle.ts";
import { HostReport } from "../../contract/hostStatus.ts";
import { type Connection, StackOutputs } from "../../contract/stackOutputs.ts";
import { openClient } from "../../tools/provider/openClient.ts";
import { runOverSsh, Transcript } from "../../tools/provider/runOverSsh.ts";
import { announceIfSlow } from "../session/output.ts";

/** A host without a report is unknown: it may be down, or hold the virtual address. */
export interface HostStatus {
  readonly host: string;
  readonly report?: HostReport;
  /** Why there is no report, with the host's own words where it has any. */
  readonly trouble?: string;
}

/** Asks all hosts at once; one that does not answer, or answers nonsense, is in the result with the reason. */
export function hostStatuses(hosts: Readonly<Record<string, Connection>>): Promise<HostStatus[]> {
  return Promise.all(
    Object.entries(hosts).map(async ([host, connection]): Promise<HostStatus> => {
      try {
        const asking = runOnHost(connection, "sudo hapair status --json");
        return { host, ...reportIn(await announceIfSlow(`waiting for ${host} to answer`, asking)) };
      } catch (error) {
        return { host, trouble: messageOf(error).replace(/\s*\n\s*/g, " ") };
      }
    }),
  );
}

/** The report in what a host answered to `hapair status --json`, or why there is none. */
export function reportIn({ failure, stdout, stderr }: SshResult): Omit<HostStatus, "host"> {
  if (failure) return { trouble: quoted(stderr) || quoted(stdout) || `hapair status: ${failure}` };
  const parsed = json(stdout);
  if (parsed === undefined) {
    const start = stdout.lastIndexOf("\n{");
    const isAfterBanner = start >= 0 && json(stdout.slice(start)) !== undefined;
    const trouble = isAfterBanner
      ? `its shell prints ${quoted(stdout.slice(0, start))} before the status: let its start files, such as .bashrc, print on a terminal only`
      : `in place of its status it prints ${quoted(stdout) || "nothing"}`;
    return { trouble };
  }
  const { data, error } = HostReport.safeParse(parsed);
  if (data) return { report: data };
  const reason = z.prettifyError(error).replace(/\s+/g, " ");
  return { trouble: `its status has another format than this program's: ${reason}` };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The beginning of a host's words in quotes, fit for a terminal; nothing where there are none. */
function quoted(words: string): string {
  const text = words.trim();
  if (text === "") return "";
  return JSON.stringify(text.length > 160 ? `${text.slice(0, 160)}…` : text);
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
  /** Whether all its daemons run. */
  readonly runs: boolean;
  /** Whether it has no bundle yet, or is a node that waits until its peers know it. */
  readonly joins: boolean;
}

/**
 * The live bundle of every host, and nothing else: `hapair status` takes a hundred times as long.
 * @param ssh the stack's output of that name
 * @param unitsOf the units that run on each host, by host
 * @param without names of hosts that are not asked
 */
export function liveBundles(
  ssh: unknown,
  unitsOf: Readonly<Record<string, readonly string[]>>,
  without: readonly string[] = [],
): Promise<readonly LiveBundle[]> {
  const hosts = Object.entries(StackOutputs.shape.ssh.parse(ssh)).filter(([host]) => !without.includes(host));
  return Promise.all(
    hosts.map(async ([host, connection]) => ({
      host,
      connection,
      ...(await liveBundle(connection, unitsOf[host] ?? []).catch(() => ({
        live: undefined,
        runs: false,
        joins: false,
      }))),
    })),
  );
}

async function liveBundle(
  connection: Connection,
  units: readonly string[],
): Promise<Pick<LiveBundle, "live" | "runs" | "joins">> {
  const run = [...allRun(units), "echo runs"].join(" && ");
  const [pending, link] = [pendingName, liveLink].map((name) => `/${storePath}/${name}`);
  const waits = `test "$(systemctl show --property=SubState --value ${joinUnit})" = running`;
  const join = `{ test -L ${link} && ! ${waits}; } || echo joins`;
  const look = [`! test -e ${pending}`, `readlink ${link}`, `{ ${run}; true; }`].join(" && ");
  const { failure, stdout } = await runOnHost(connection, `sudo sh -c ${shellWord(`${join}; ${look}`)}`);
  const said = stdout.trim().split("\n");
  const live = said.find((line) => line.startsWith("bundles/"));
  return {
    live: failure || live === undefined ? undefined : basename(live),
    runs: !failure && said.includes("runs"),
    joins: said.includes("joins"),
  };
}

/** A test in shell that all these units are active; on a host that is booting, once it has booted. */
function allRun(units: readonly string[]): readonly string[] {
  if (units.length === 0) return [];
  const active = `test "$(systemctl is-active ${units.map(shellWord).join(" ")} | sort -u)" = active`;
  return [`{ ${active} || { systemctl --quiet is-system-running --wait; ${active}; }; }`];
}

export interface SshResult {
  /** Why the command failed, in OpenSSH's terms; undefined where it succeeded. */
  readonly failure: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs one command on a host, with `stdin` as its input.
 * @throws where the host does not answer, or the command does not end, within `timeoutMs`; where it shows another key
 */
export async function runOnHost(
  connection: Connection,
  command: string,
  timeoutMs = 10_000,
  stdin = "",
): Promise<SshResult> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const late = new Error(`no answer within ${timeoutMs / 1000} s`);
  const dialled = <L extends object>(login: L) => ({ ...login, perDialTimeout: 0, dialErrorLimit: 0 });
  const { proxy, ...login } = connection;
  const client = await openClient(
    { ...dialled(login), ...(proxy && { proxy: dialled(proxy) }) },
    deadline,
  ).catch((error) => {
    throw deadline.aborted ? late : error;
  });
  const expire = () => client.destroy();
  deadline.addEventListener("abort", expire);
  try {
    const transcript = new Transcript("none", async () => {});
    const failure = await runOverSsh(client, { script: command, env: {}, stdin, transcript });
    if (deadline.aborted) throw late;
    return { failure, ...transcript.outputs };
  } finally {
    deadline.removeEventListener("abort", expire);
    client.end();
  }
}
