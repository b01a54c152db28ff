import { messageOf } from "../../../base/failure.ts";
import { knownHostKey } from "../../../components/machines/hosts/connections.ts";
import type { Connection } from "../../../contract/stackOutputs.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import type { Target, Topology } from "../../../topology/topology.ts";
import { type ShownKey, scanKey } from "../../hosts/scanKey.ts";
import { announceIfSlow, results as pc } from "../../session/output.ts";
import { connections } from "./target.ts";

/** A host or the bastion, and the key that is known of it. */
interface Place extends Pick<Connection, "proxy"> {
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** Absent where the key is not known yet. */
  readonly known?: KnownKey;
}

interface KnownKey {
  readonly line: string;
  /** `the config`, or the path of a file. */
  readonly source: string;
}

/** What the scan of one host found. */
export interface Scan extends Pick<Place, "host" | "known"> {
  readonly place: string;
  readonly shown?: ShownKey;
  readonly trouble?: string;
}

/** Connects to every host; to the bastion alone, as long as its key is not known. */
export function scanHosts(target: Target<"hosts">, topology: Topology): Promise<readonly Scan[]> {
  return Promise.all(placesOf(target, topology).map(scanOne));
}

function placesOf(target: Target<"hosts">, topology: Topology): readonly Place[] {
  const { bastion, knownHosts } = target;
  const known = (line: string | undefined, host: string, port: number): Pick<Place, "known"> => {
    if (line !== undefined) return { known: { line, source: "the config" } };
    const inFile = knownHostKey(knownHosts, { host, port });
    return inFile === undefined ? {} : { known: { line: inFile, source: knownHosts ?? "" } };
  };
  if (bastion) {
    const key = known(bastion.hostKey, bastion.host, bastion.port);
    if (!key.known) return [{ host: "bastion", address: bastion.host, port: bastion.port }];
  }
  // The bastion's login needs the operator's key; the hosts' own keys do not matter yet.
  const filled = Object.fromEntries(
    hostsOf(topology).map(({ name }) => [name, { ...target.machines[name], hostKey: "unknown" }]),
  );
  const logins = bastion ? connections({ ...target, machines: filled }, topology) : {};
  return hostsOf(topology).map((host) => {
    const entry = target.machines[host.name];
    const [address, port] = [entry?.address ?? host.address, entry?.port ?? target.port];
    const proxy = logins[host.name]?.proxy;
    return {
      host: host.name,
      address,
      port,
      ...known(entry?.hostKey, address, port),
      ...(proxy && { proxy }),
    };
  });
}

async function scanOne({ host, known, address, port, proxy }: Place): Promise<Scan> {
  const found = { host, place: `${address}:${port}`, ...(known && { known }) };
  try {
    const scanning = scanKey({ host: address, port, ...(proxy && { proxy }) }, 10_000, known?.line);
    return { ...found, shown: await announceIfSlow(`waiting for ${host}`, scanning) };
  } catch (error) {
    return { ...found, trouble: messageOf(error) };
  }
}

/** Whether another key is shown than the known one. A comment at the end of a key does not count. */
export function differs({ known, shown }: Scan): boolean {
  return (
    known !== undefined && shown !== undefined && known.line.split(" ").slice(0, 2).join(" ") !== shown.line
  );
}

export function formatScans(stackName: string, scans: readonly Scan[]): string {
  const lines = scans.map((scan) => {
    const { host, place, known, shown, trouble } = scan;
    if (!shown) return `${pc.bold(host)} ${place} ${pc.red(`shows no key: ${trouble}`)}`;
    const verdict = differs(scan)
      ? pc.red(`which is not the key in ${known?.source}`)
      : known === undefined
        ? "not in the config yet"
        : pc.green(`as ${known.source} has it`);
    return `${pc.bold(host)} ${place} ${shown.fingerprint} ${verdict}`;
  });
  const fresh = scans.flatMap((scan) =>
    scan.shown && (scan.known === undefined || differs(scan))
      ? [{ host: scan.host, line: scan.shown.line }]
      : [],
  );
  if (fresh.length === 0) return lines.join("\n");
  const isBastion = fresh[0]?.host === "bastion";
  const entries = fresh.map(({ host, line }) =>
    isBastion ? `  hostKey: "${line}"` : `  ${host}: { hostKey: "${line}" }`,
  );
  const files = new Set(fresh.map(({ line }) => keyFile(line)));
  return [
    ...lines,
    "",
    "Anyone on the way could have answered: compare each fingerprint on the host's own console with",
    ...[...files].map((file) => `  ssh-keygen -lf ${file}`),
    `and write what fits into stacks/Pulumi.${stackName}.yaml, below hapair:hosts:`,
    "",
    isBastion ? "bastion:" : "machines:",
    ...entries,
    ...(isBastion ? ["", "Then run this again for the hosts behind it."] : []),
  ].join("\n");
}

/** Where OpenSSH keeps a key of this type. */
function keyFile(line: string): string {
  const type = /^(?:ssh-)?(ed25519|ecdsa|rsa)/.exec(line)?.[1] ?? "*";
  return `/etc/ssh/ssh_host_${type}_key.pub`;
}
