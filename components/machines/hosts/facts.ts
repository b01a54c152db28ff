import { readFileSync } from "node:fs";
import { join } from "node:path";
import { shellWord } from "../../../base/commands.ts";
import type { Host } from "../../../topology/hosts.ts";

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
  /** Hardware addresses of all its interfaces. */
  readonly links: readonly string[];
  /** Virtual addresses that it has itself. */
  readonly holds: readonly string[];
  /** Virtual addresses for which another machine answers, each with that one's hardware address. */
  readonly answers: Readonly<Record<string, string>>;
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

const script = readFileSync(join(import.meta.dirname, "facts.sh"), "utf8");

/** A command for a host's shell, and its input: prints the facts that {@link parseFacts} reads. */
export function factsCommand(host: Host): { readonly command: string; readonly stdin: string } {
  return asking(host.address, host.role === "node" ? [host.pair.vip.address] : []);
}

/** The same for a machine of which neither address nor virtual address is known any more. */
export function machineCommand(): ReturnType<typeof factsCommand> {
  return asking("0.0.0.0", []);
}

function asking(address: string, virtualAddresses: readonly string[]): ReturnType<typeof factsCommand> {
  const words = ["timeout", "30", "sh", "-u", "-s", "--", address, ...virtualAddresses];
  return { command: words.map(shellWord).join(" "), stdin: script };
}

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
    links: all("link").flat(),
    holds: all("holds").flat(),
    answers: Object.fromEntries(all("answers").map(([virtual = "", link = ""]) => [virtual, link])),
    login:
      from && address && port
        ? { from, address, port: Number(port), interface: one("loginInterface")?.[0] }
        : undefined,
  };
}
