import { execa } from "execa";
import { Failure } from "../../base/failure.ts";
import { waitFor } from "../../base/waitFor.ts";
import { askVagrant } from "../vagrantCommand.ts";

/** How Vagrant itself reaches a machine: over its first network adapter, whatever the machine's firewall has. */
export interface Channel {
  readonly machine: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly identityFile: string;
}

/** @throws Failure where the machine does not run */
export async function channelOf(machine: string): Promise<Channel> {
  const { stdout } = await askVagrant("ssh-config", machine);
  const channel = parseSshConfig(stdout);
  if (channel === undefined)
    throw new Failure(`${machine}: vagrant ssh-config does not say how it is reached: ${stdout.trim()}`);
  return { machine, ...channel };
}

/** The first host of an ssh_config(5); undefined where the text has none. Pure. */
export function parseSshConfig(text: string): Omit<Channel, "machine"> | undefined {
  const value = (key: string) => new RegExp(`^\\s*${key}\\s+"?(.+?)"?\\s*$`, "m").exec(text)?.[1];
  const [host, port, user, identityFile] = ["HostName", "Port", "User", "IdentityFile"].map(value);
  if (host === undefined || user === undefined || identityFile === undefined) return undefined;
  return { host, port: Number(port ?? 22), user, identityFile };
}

/** The host's key is not known yet, and the way to it does not leave this machine. */
const options = {
  BatchMode: "yes",
  ConnectTimeout: "30",
  IdentitiesOnly: "yes",
  LogLevel: "ERROR",
  StrictHostKeyChecking: "no",
  UserKnownHostsFile: "/dev/null",
};

/**
 * While a machine boots, Vagrant leaves connections without a login behind. sshd closes them after two minutes, and for
 * some time lets in nobody from their address (sshd_config(5), PerSourcePenalties), which is this machine's for all.
 */
const shutOut = /^(?:kex_exchange_identification|Connection (?:closed|reset)|Not allowed at this time)/m;

interface Pace {
  /** For which a machine may let nobody in. */
  readonly patienceMs: number;
  readonly everyMs: number;
}

/**
 * Runs a line of shell on a machine. Nothing of the user's own SSH configuration counts.
 * @returns its output @throws Failure where it fails
 */
export async function overChannel(
  channel: Channel,
  line: string,
  { patienceMs, everyMs }: Pace = { patienceMs: 90_000, everyMs: 2000 },
): Promise<string> {
  let last = await tried(channel, line);
  const isLetIn = async () => {
    if (last.exitCode !== 255 || !shutOut.test(last.stderr)) return true;
    last = await tried(channel, line);
    return undefined;
  };
  await waitFor(patienceMs, isLetIn, { everyMs });
  const { stdout, stderr, failed, exitCode, shortMessage } = last;
  if (failed && exitCode === undefined && stderr === "")
    throw new Failure(`ssh could not be run (${shortMessage}): install openssh-client`);
  if (failed)
    throw new Failure(
      `${channel.machine}: over Vagrant's own SSH (${channel.host}:${channel.port}): ${stderr.trim() || `exit status ${exitCode}`}`,
    );
  return stdout.trim();
}

function tried({ host, port, user, identityFile }: Channel, line: string) {
  const args = [
    ...["-F", "none", "-i", identityFile, "-p", String(port)],
    ...Object.entries(options).flatMap(([key, value]) => ["-o", `${key}=${value}`]),
    ...[`${user}@${host}`, line],
  ];
  return execa("ssh", args, { reject: false, stdin: "ignore", timeout: 120_000 });
}
