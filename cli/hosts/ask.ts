import { basename } from "node:path";
import * as z from "zod";
import { shellWord } from "../../base/commands.ts";
import { messageOf } from "../../base/failure.ts";
import { printable, shortened } from "../../base/printable.ts";
import { hasUnusableKey, unusableKeyWords } from "../../base/unusableKey.ts";
import { liveLink, pendingName, storePath } from "../../contract/bundle.ts";
import { HostReport } from "../../contract/hostStatus.ts";
import type { Connection } from "../../contract/stackOutputs.ts";
import { openClient } from "../../tools/provider/openClient.ts";
import { runOverSsh, Transcript } from "../../tools/provider/runOverSsh.ts";
import { announceIfSlow } from "../session/output.ts";
import { type Answer, here, runLaptop, type Way, type Ways } from "./ways.ts";

/** Beginning of the words for a host that hangs, or is lost, after the login. */
export const loggedIn = "the login succeeded";
/** Characters of what is wrong with a report: its keys are in it. */
const longestReason = 1000;

/** A host without a report is unknown: it may be down, or hold the virtual address. */
export interface HostStatus {
  readonly host: string;
  readonly report?: HostReport;
  /** Why there is no report, with the host's own words where it has any. */
  readonly trouble?: string;
}

/** Asks all hosts at once; one that does not answer, or answers nonsense, is in the result with the reason. */
export function hostStatuses(hosts: Ways): Promise<HostStatus[]> {
  return Promise.all(
    Object.entries(hosts).map(async ([host, way]): Promise<HostStatus> => {
      try {
        const asking = way === here ? laptopStatus() : runOnHost(way, "sudo hapair status --json");
        return { host, ...reportIn(await announceIfSlow(`waiting for ${host} to answer`, asking)) };
      } catch (error) {
        return { host, trouble: messageOf(error).replace(/\s*\n\s*/g, " ") };
      }
    }),
  );
}

function laptopStatus(): Promise<Answer> {
  return runLaptop(["status"], { timeoutMs: 30_000 });
}

/** The report in what a host answered to `hapair status --json`, or why there is none. */
export function reportIn({ failure, stdout, stderr }: Answer): Omit<HostStatus, "host"> {
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
  if (hasUnusableKey(parsed)) return { trouble: `its status ${unusableKeyWords}` };
  const { data, error } = HostReport.safeParse(parsed);
  if (data) return { report: HostReport.parse(withPrintableTexts(data)) };
  const reason = shortened(printable(z.prettifyError(error).replace(/\s+/g, " ")), longestReason);
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
  return printable(JSON.stringify(text.length > 160 ? `${text.slice(0, 160)}…` : text));
}

/** A document whose texts any terminal can take: whoever has a host may not have the operator's machine too. */
function withPrintableTexts(value: unknown): unknown {
  if (typeof value === "string") return printable(value);
  if (Array.isArray(value)) return value.map(withPrintableTexts);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withPrintableTexts(part)]));
}

/** Names of the hosts that report that they hold the virtual address; exactly one is right. */
export function holdersOf(hosts: readonly HostStatus[]): string[] {
  return hosts.filter(({ report }) => report?.node?.holder).map(({ host }) => host);
}

export interface LiveBundle {
  readonly host: string;
  readonly way: Way;
  /** Its SHA-256; null where it has none, undefined where a transaction has not ended, or the host does not answer. */
  readonly live: string | null | undefined;
  /** Whether all its daemons run. */
  readonly runs: boolean;
}

/**
 * The live bundle of every host, and nothing else: `hapair status` takes a hundred times as long.
 * @param unitsOf the units that run on each host, by host
 * @param without names of hosts that are not asked
 */
export function liveBundles(
  ways: Ways,
  unitsOf: Readonly<Record<string, readonly string[]>>,
  without: readonly string[] = [],
): Promise<readonly LiveBundle[]> {
  const hosts = Object.entries(ways).filter(([host]) => !without.includes(host));
  return Promise.all(
    hosts.map(async ([host, way]) => {
      const asking = way === here ? liveOnLaptop() : liveBundle(way, unitsOf[host] ?? []);
      return { host, way, ...(await asking.catch(() => ({ live: undefined, runs: false }))) };
    }),
  );
}

async function liveOnLaptop(): Promise<Pick<LiveBundle, "live" | "runs">> {
  const { report } = reportIn(await laptopStatus());
  const live = report?.unfinished === null ? report.bundle.live : undefined;
  return { live, runs: report?.units.every(({ active }) => active === "active") === true };
}

/** What a host without a live bundle prints in place of its link, which ends in a SHA-256. */
const none = "none";

async function liveBundle(
  connection: Connection,
  units: readonly string[],
): Promise<Pick<LiveBundle, "live" | "runs">> {
  const run = [...allRun(units), "echo runs"].join(" && ");
  const look = [`cd /${storePath}`, `! test -e ${pendingName}`, `readlink ${liveLink}`, `{ ${run}; true; }`];
  const script = `if test -L /${storePath}/${liveLink}; then ${look.join(" && ")}; else echo ${none}; fi`;
  const { failure, stdout } = await runOnHost(connection, `sudo sh -c ${shellWord(script)}`);
  const [link = "", runs] = stdout.trim().split("\n");
  if (failure) return { live: undefined, runs: false };
  return { live: link === none ? null : basename(link), runs: runs === "runs" };
}

/** A test in shell that all these units are active; on a host that is booting, once it has booted. */
function allRun(units: readonly string[]): readonly string[] {
  if (units.length === 0) return [];
  const active = `test "$(systemctl is-active ${units.map(shellWord).join(" ")} | sort -u)" = active`;
  return [`{ ${active} || { systemctl --quiet is-system-running --wait; ${active}; }; }`];
}

/**
 * Runs one command on a host, with `stdin` as its input. A failure is in OpenSSH's terms.
 * @throws where the host does not answer, or the command does not end, within `timeoutMs`; where it shows another key
 */
export async function runOnHost(
  connection: Connection,
  command: string,
  timeoutMs = 10_000,
  stdin = "",
): Promise<Answer> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const within = `within ${timeoutMs / 1000} s`;
  const dialled = <L extends object>(login: L) => ({ ...login, perDialTimeout: 0, dialErrorLimit: 0 });
  const { proxy, ...login } = connection;
  const client = await openClient(
    { ...dialled(login), ...(proxy && { proxy: dialled(proxy) }) },
    deadline,
  ).catch((error) => {
    throw deadline.aborted ? new Error(`no answer ${within}`) : error;
  });
  const expire = () => client.destroy();
  deadline.addEventListener("abort", expire);
  try {
    const transcript = new Transcript("none", async () => {});
    const running = runOverSsh(client, { script: command, env: {}, stdin, transcript });
    const failure = await running.catch((error) => {
      if (!deadline.aborted) throw error;
      return undefined;
    });
    // Another fault than a host that is away: it has let us in, and something on it hangs.
    if (deadline.aborted) throw new Error(`${loggedIn}, but the command has not ended ${within}`);
    return { failure, ...transcript.outputs };
  } finally {
    deadline.removeEventListener("abort", expire);
    client.end();
  }
}
