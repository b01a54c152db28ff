import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { expect } from "vitest";
import { messageOf } from "../../base/failure.ts";
import { plainConfig } from "../../cli/config/stackConfig.ts";
import { root } from "../../cli/session/home.ts";
import { VagrantMachines, type VagrantProvider } from "../../contract/vagrantMachines.ts";
import { parseProbe } from "../../drills/clients/prober.ts";
import type { Probe } from "../../drills/measure/outage.ts";
import { type Bed, openBed } from "./bed/bed.ts";
import { boxFile } from "./bed/box/box.ts";
import { writeStack } from "./bed/project.ts";

export const vip = "192.168.1.100";

type Ended = Awaited<ReturnType<Bed["run"]>>;

/** The stack `vagrant` of a clone on a laptop of the tests' own. */
export interface BedPair {
  readonly bed: Bed;
  /** Runs Vagrant in the clone's folder `vagrant/`. @throws where it fails, with what it printed */
  vagrant(...args: readonly string[]): Promise<Ended>;
  /** Starts the same without waiting for its end. */
  startVagrant(...args: readonly string[]): ReturnType<Bed["start"]>;
  /** Runs `npm run`, as a user does. @throws where it fails, with what it printed */
  npm(...args: readonly string[]): Promise<Ended>;
  /** Runs a shell's command on a machine as root, by its address on the network. @returns its output */
  onMachine(name: string, command: string): Promise<string>;
  /** The one column of the one row that a query through the virtual address has. */
  sql(query: string): Promise<string>;
  /** The machine that the laptop's packages to the virtual address go to. */
  servedBy(): Promise<string | undefined>;
}

/** The tests' own stack with its pool on the laptop, and with machines of the emulated box. */
async function bedConfig(provider: VagrantProvider): Promise<Record<string, unknown>> {
  const { pairs, vagrant, ...config } = plainConfig(join(root, "test/harness/vagrant.yaml"));
  const [pair] = Array.isArray(pairs) ? pairs : [];
  return {
    ...config,
    pairs: [{ ...pair, pool: { on: "laptop" } }],
    vagrant: { ...Object(vagrant), provider, box: { file: await boxFile(provider) } },
  };
}

export async function openPair(purpose: string, provider: VagrantProvider): Promise<BedPair> {
  const bed = await openBed(purpose, { docker: true });
  writeStack(bed.project, "vagrant", await bedConfig(provider));
  return bedPair(bed, provider);
}

/** The stack of a bed, whose config is written. */
export function bedPair(bed: Bed, provider: VagrantProvider): BedPair {
  const folder = join(bed.project, "vagrant");
  const spec = () => VagrantMachines.parse(JSON.parse(readFileSync(join(folder, "machines.json"), "utf8")));
  const machines = () => spec().machines;
  const addressOf = (name: string) => machines().find((machine) => machine.name === name)?.address ?? "";
  // Commands of a test end by the test's own deadline.
  const patient = { folder, deadlineS: 1800 };
  return {
    bed,
    vagrant: (...args) => bed.run(["vagrant", ...args], patient),
    startVagrant: (...args) => bed.start(["vagrant", ...args], patient),
    npm: (...args) => bed.run(["npm", "run", "--silent", ...args], { deadlineS: 1800 }),
    onMachine: async (name, command) => {
      const key = join(folder, ".vagrant/machines", name, provider, "private_key");
      const options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"];
      const ssh = ["ssh", "-F", "none", "-i", key, ...options.flatMap((option) => ["-o", option])];
      const { output } = await bed.run([...ssh, `${spec().user}@${addressOf(name)}`, "sudo", "sh"], {
        input: command,
        deadlineS: 120,
      });
      return output.trim();
    },
    sql: async (query) => {
      const { output } = await bed.run([
        "npm",
        "run",
        "--silent",
        "psql",
        "--",
        "--stack",
        "vagrant",
        "-Atc",
        query,
      ]);
      return output.trim();
    },
    servedBy: async () => {
      const hardware = await neighbours(bed, [vip, ...machines().map(({ address }) => address)]);
      const serving = hardware.get(vip);
      return machines().find(({ address }) => serving && hardware.get(address) === serving)?.name;
    },
  };
}

/** Writes what the nodes' daemons have said of late to standard error: why a test has failed is often there alone. */
export async function tellJournals({ onMachine }: BedPair): Promise<void> {
  for (const node of ["haproxy1", "haproxy2"]) {
    const log = await onMachine(node, journal).catch(messageOf);
    console.error(`${node}, its journal:\n${log}`);
  }
}
const journal =
  "cat /proc/pressure/*; journalctl --no-pager --output=short-precise --lines=120 -u keepalived -u haproxy -u hapair -u ssh";

/** The laptop's neighbour entries for these addresses, asked for now. */
async function neighbours(bed: Bed, addresses: readonly string[]): Promise<ReadonlyMap<string, string>> {
  // A datagram makes the kernel ask; nobody needs to answer it.
  const asking = addresses.map((address) => `echo > /dev/udp/${address}/9`).join("; ");
  await bed.run(["bash", "-c", `ip neighbour flush dev br0; (${asking}) 2>/dev/null; sleep 0.5`]);
  const { output } = await bed.run(["ip", "-json", "neighbour", "show"]);
  const entries: { dst: string; lladdr?: string; state: string[] }[] = JSON.parse(output);
  return new Map(
    entries.flatMap(({ dst, lladdr }) => (lladdr === undefined ? [] : [[dst, lladdr] as const])),
  );
}

/** A client on the laptop that logs in and asks through the virtual address four times a second. */
export async function whileAsking(
  { bed, npm }: BedPair,
  work: () => Promise<unknown>,
): Promise<readonly Probe[]> {
  const { output } = await npm(
    "pulumi",
    "--",
    "stack",
    "output",
    "--stack",
    "vagrant",
    "--show-secrets",
    "--json",
  );
  const { databaseUrl, databaseAuthority } = JSON.parse(output).pairs.pg;
  // Clients have the authority where they like; the URL names a place for it.
  const authority = join(bed.project, "authority.pem");
  writeFileSync(authority, databaseAuthority);
  const url = new URL(databaseUrl);
  url.searchParams.set("sslrootcert", authority);
  // The client takes `sslmode` as libpq does.
  url.searchParams.set("uselibpqcompat", "true");
  const program = join(root, "drills/clients/proberProgram.ts");
  const [file = "", ...args] = [...bed.entering(), process.execPath, program];
  const child = spawn(file, args, {
    stdio: ["pipe", "pipe", "pipe"],
    // A session of its own, so that the priority that the program sets is the session's.
    detached: true,
  });
  const problem = text(child.stderr);
  const exit = once(child, "exit");
  child.stdin.write(
    `${JSON.stringify({ ask: "query", databaseUrl: url.href, intervalMs: 250, deadlineMs: 10_000 })}\n`,
  );
  const probes: Probe[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => probes.push(parseProbe(line)));
  const answers = () => probes.filter(({ failure }) => failure === undefined).length;
  const answered = async (count: number) => {
    // The program's end, and why it is not served, are what a failure says.
    const seen = () => [child.exitCode, answers() >= count || `the last: ${probes.at(-1)?.failure}`];
    await expect.poll(seen, { timeout: 30_000 }).toEqual([null, true]);
  };
  try {
    await answered(1);
    await work();
    await answered(answers() + 4);
  } finally {
    child.stdin.end();
    await exit;
    expect(await problem).toBe("");
  }
  return probes;
}
