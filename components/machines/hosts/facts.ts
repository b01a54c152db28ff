import { readFileSync } from "node:fs";
import { join } from "node:path";
import { shellWord } from "../../../base/commands.ts";
import type { Host } from "../../../topology/hosts.ts";
import type { Topology } from "../../../topology/topology.ts";
import { type OwnFacts, ownArguments, parseOwn } from "./ownFacts.ts";

/** What a host says of itself before anything on it is touched. */
export interface HostAnswer {
  readonly distribution: { readonly id: string; readonly version: string; readonly name: string };
  /** `/etc/machine-id` and the kernel's boot id: both together are the same on one machine alone. */
  readonly machine: string;
  /** Undefined where the login is root's or has sudo; else why it has not, in sudo's words. */
  readonly rootTrouble: string | undefined;
  /** hapair has a live bundle there. */
  readonly delivered: boolean;
  /** A package without which nothing more is known. */
  readonly missing: string | undefined;
  /** Those that have the host's address. */
  readonly interfaces: readonly string[];
  /** Name of networkd's file of such an interface; undefined where another program manages it. */
  readonly networkFile: string | undefined;
  /** Hardware addresses of all its interfaces. */
  readonly links: readonly string[];
  /** Virtual addresses that it has itself. */
  readonly holds: readonly string[];
  /** Virtual addresses for which another machine answers, each with that one's hardware address. */
  readonly answers: Readonly<Record<string, string>>;
  /** Nothing is in it where hapair has a live bundle, or the login is not root's. */
  readonly own: OwnFacts;
  /** Where this login came from and arrived; undefined where sshd does not say. */
  readonly login:
    | {
        readonly from: string;
        readonly address: string;
        readonly port: number;
        readonly interface: string | undefined;
      }
    | undefined;
}

const read = (name: string) => readFileSync(join(import.meta.dirname, name), "utf8");
const script = `${read("facts.sh")}look_for_own "$@" <<'OWN'\n${read("own.sh")}OWN\n`;

interface FactsCommand {
  readonly command: string;
  readonly stdin: string;
}

/** A command for a host's shell, and its input: prints the facts that {@link parseFacts} reads. */
export function factsCommand(topology: Topology, host: Host): FactsCommand {
  const virtualAddresses = host.role === "node" ? [host.pair.vip.address] : [];
  return asking(host.address, virtualAddresses, ownArguments(topology, host));
}

/** The same for a machine of which neither address nor virtual address is known any more. */
export function machineCommand(): FactsCommand {
  return asking("0.0.0.0", [], []);
}

/** A host that is emulated, or whose processors are busy, takes half a minute: a process is started for each file. */
const deadlineS = 120;

function asking(address: string, virtualAddresses: readonly string[], own: readonly string[]): FactsCommand {
  const words = [
    "timeout",
    String(deadlineS),
    "sh",
    "-u",
    "-s",
    "--",
    address,
    virtualAddresses.join(" "),
    ...own,
  ];
  return { command: words.map(shellWord).join(" "), stdin: script };
}

/** One whose folder of drop-ins can be a path of a bundle. */
const plainNetworkFile = /^[A-Za-z0-9_@+-][A-Za-z0-9._@+-]{0,200}\.network$/;

/** @throws Error where the text has no facts, with its beginning */
export function parseFacts(text: string): HostAnswer {
  const lines = text.split("\n").map((line) => line.split(" "));
  const all = (name: string) => lines.filter(([key]) => key === name).map(([, ...values]) => values);
  const one = (name: string) => all(name)[0];
  const [id, version, ...name] = one("distribution") ?? [];
  const machine = one("machine");
  if (id === undefined || version === undefined || machine === undefined)
    throw new Error(`in place of its facts it prints ${JSON.stringify(text.trim().slice(0, 160))}`);
  const [granted, ...refusal] = one("root") ?? [];
  const [from, , address, port] = one("login") ?? [];
  return {
    distribution: { id, version, name: name.join(" ") },
    machine: machine.join(" "),
    rootTrouble: granted === "yes" ? undefined : refusal.join(" "),
    delivered: one("delivered") !== undefined,
    missing: one("missing")?.[0],
    interfaces: all("interface").flat(),
    networkFile: plainNetworkFile.exec(one("networkFile")?.join(" ") ?? "")?.[0],
    links: all("link").flat(),
    holds: all("holds").flat(),
    answers: Object.fromEntries(all("answers").map(([virtual = "", link = ""]) => [virtual, link])),
    own: parseOwn(text),
    login:
      from && address && port
        ? { from, address, port: Number(port), interface: one("loginInterface")?.[0] }
        : undefined,
  };
}
