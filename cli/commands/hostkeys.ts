import type { Command } from "commander";
import { exitStatus, Failure, messageOf } from "../../base/failure.ts";
import type { Connection } from "../../contract/stackOutputs.ts";
import { hostsOf } from "../../topology/hosts.ts";
import { parseTopology } from "../../topology/parse.ts";
import { splitSecrets } from "../../topology/secrets/givenSecrets.ts";
import type { Target } from "../../topology/topology.ts";
import { ofStack, plainConfig, stackFile } from "../config/stackConfig.ts";
import { type ShownKey, scanKey } from "../hosts/scanKey.ts";
import { announceIfSlow, results as pc } from "../session/output.ts";
import { connections } from "../targets/hosts/target.ts";

/** What the scan of one host found. */
interface Scan {
  readonly host: string;
  readonly place: string;
  /** The key that the config has; undefined where it has none. */
  readonly configured: string | undefined;
  readonly shown?: ShownKey;
  readonly trouble?: string;
}

export function addHostkeys(program: Command): void {
  program
    .command("hostkeys")
    .description(
      "connect once to every host of a stack of the target hosts, and print its SSH host key for the config; writes nothing",
    )
    .argument("<stack>", "name of the stack")
    .option("--json", "print the keys as JSON")
    .action(async (stackName: string, { json }: { json?: boolean }) => {
      const scans = await Promise.all(loginsOf(stackName).map(scanOne));
      console.log(json ? JSON.stringify({ stack: stackName, hosts: scans }) : formatScans(stackName, scans));
      if (scans.some((scan) => scan.trouble !== undefined || differs(scan)))
        process.exitCode = exitStatus.failed;
    });
}

type Login = { readonly host: string; readonly configured: string | undefined } & Pick<
  Connection,
  "proxy"
> & { readonly address: string; readonly port: number };

/** A stack whose host keys are not known yet has a config that no other command takes. */
function loginsOf(stackName: string): readonly Login[] {
  const { config } = splitSecrets(plainConfig(stackFile(stackName)));
  if (config.target !== "hosts")
    throw new Failure(
      `hostkeys is for the target hosts, and the target of the stack ${stackName} is ${String(config.target)}`,
    );
  // As if a file had the keys that are missing: everything else in the config has to be right.
  const topology = ofStack(stackName, () =>
    parseTopology({ ...config, hosts: { ...Object(config.hosts), knownHosts: "/dev/null" } }),
  );
  const target = topology.target as Target<"hosts">;
  const { bastion } = target;
  if (bastion && bastion.hostKey === undefined)
    return [{ host: "bastion", configured: undefined, address: bastion.host, port: bastion.port }];
  // The bastion's login needs the operator's key; the hosts' own keys do not matter yet.
  const filled = Object.fromEntries(
    hostsOf(topology).map(({ name }) => [name, { ...target.machines[name], hostKey: "unknown" }]),
  );
  const known = bastion ? connections({ ...target, machines: filled }, topology) : {};
  return hostsOf(topology).map(({ name, address }) => {
    const entry = target.machines[name];
    const proxy = known[name]?.proxy;
    return {
      host: name,
      configured: entry?.hostKey,
      address: entry?.address ?? address,
      port: entry?.port ?? target.port,
      ...(proxy && { proxy }),
    };
  });
}

async function scanOne({ host, configured, address, port, proxy }: Login): Promise<Scan> {
  const place = `${address}:${port}`;
  try {
    const scanning = scanKey({ host: address, port, ...(proxy && { proxy }) }, 10_000);
    return { host, place, configured, shown: await announceIfSlow(`waiting for ${host}`, scanning) };
  } catch (error) {
    return { host, place, configured, trouble: messageOf(error) };
  }
}

/** A comment at the end of a key does not count. */
function differs({ configured, shown }: Scan): boolean {
  return (
    configured !== undefined &&
    shown !== undefined &&
    configured.split(" ").slice(0, 2).join(" ") !== shown.line
  );
}

function formatScans(stackName: string, scans: readonly Scan[]): string {
  const lines = scans.map((scan) => {
    const { host, place, configured, shown, trouble } = scan;
    if (!shown) return `${pc.bold(host)} ${place} ${pc.red(`shows no key: ${trouble}`)}`;
    const verdict = differs(scan)
      ? pc.red("which is not the key in the config")
      : configured === undefined
        ? "not in the config yet"
        : pc.green("as the config has it");
    return `${pc.bold(host)} ${place} ${shown.fingerprint} ${verdict}`;
  });
  const fresh = scans.filter((scan) => scan.shown && (scan.configured === undefined || differs(scan)));
  if (fresh.length === 0) return lines.join("\n");
  const isBastion = fresh[0]?.host === "bastion";
  const entries = fresh.map(({ host, shown }) =>
    isBastion ? `  hostKey: "${shown?.line}"` : `  ${host}: { hostKey: "${shown?.line}" }`,
  );
  return [
    ...lines,
    "",
    "Anyone on the way could have answered: compare each fingerprint on the host's own console with",
    "  ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
    `and write what fits into stacks/Pulumi.${stackName}.yaml, below hapair:hosts:`,
    "",
    isBastion ? "bastion:" : "machines:",
    ...entries,
    ...(isBastion ? ["", "Then run this again for the hosts behind it."] : []),
  ].join("\n");
}
