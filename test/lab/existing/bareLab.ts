import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { stringify } from "yaml";
import { plainConfig } from "../../../cli/config/stackConfig.ts";
import { type Home, openHome, root } from "../../../cli/session/home.ts";
import { removeLab } from "../../../cli/targets/lab/lab.ts";
import { MachineUp } from "../../../contract/lab.ts";
import { freeLabName, freePorts } from "../../../lab/freeLab.ts";
import { exec, execArgv } from "../../../lab/machine/exec.ts";
import { parseTopology } from "../../../topology/parse.ts";
import type { Topology } from "../../../topology/topology.ts";
import { sshKeyPair } from "../../harness/sshKeyPair.ts";
import { type UserCommands, userCommands } from "../../harness/userCommands.ts";
import { serveAptSource, sourcesList } from "./aptSource.ts";

const app = "10.0.1.10";
const addresses = { haproxy1: "10.0.1.20", haproxy2: "10.0.1.21", db1: "10.0.1.30" } as const;
type MachineName = keyof typeof addresses;
export const machineNames = ["haproxy1", "haproxy2", "db1"] as const;

/** The host with a configuration of its own. */
export const ownHost = "haproxy1";

export interface MachineLogin {
  readonly address: string;
  readonly port: number;
  readonly hostKey: string;
}

/** Machines that the product did not make, and a stack whose hosts they are. */
export interface BareLab {
  /** Name of the lab. */
  readonly lab: string;
  readonly home: Home;
  /** Loopback port to the virtual address. */
  readonly sqlPort: number;
  /** Writes the stack's config: that of two nodes and a pool, with these keys changed. */
  configure(change?: Readonly<Record<string, unknown>>, hosts?: Readonly<Record<string, unknown>>): void;
  /** The same with these keys of the pair changed. */
  configurePair(pair: Readonly<Record<string, unknown>>): void;
  /** The same with these services' own configuration to be taken over. */
  configureTakeOver(services: readonly string[]): void;
  /** Boots one more machine and tells how it is reached. */
  add(name: string, address: string): Promise<MachineLogin>;
  /** Boots a machine that has lost its power. */
  start(name: MachineName): Promise<void>;
  /** Runs a command of the project inside the machines' network, where the virtual address is reached. */
  inNetwork(...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }>;
  /** How each machine is reached, as the config has it. */
  readonly logins: Readonly<Record<MachineName, MachineLogin>>;
  topology(): Topology;
  /** Runs a command on the stack `hosts` as a user does. */
  readonly command: UserCommands;
  remove(): Promise<void>;
}

/** @param packages what the machines have besides Debian 13 and sshd; without these, they get all from an apt source */
export async function bareLab(purpose: string, packages: readonly string[] = []): Promise<BareLab> {
  const image = { packages: packages.slice(), user: "admin" };
  const lab = freeLabName(purpose);
  await removeLab(lab);
  const first = await freePorts(purpose);
  const sqlPort = first + 10;
  const client = sshKeyPair("ed25519");
  const forwards = [{ port: sqlPort, to: "10.0.1.100:5432" }];
  await runLab(lab, "network up", { cidr: "10.0.1.0/24", app, ...image, forwards });
  const source = packages.length > 0 ? undefined : await serveAptSource(lab, image);
  const boot = async (name: string, address: string, sshPort: number): Promise<MachineLogin> => {
    const spec = { address, sshPort, authorizedKey: client.public };
    const { ssh } = MachineUp.parse(JSON.parse(await runLab(lab, `up ${name}`, spec)));
    if (source) await exec(lab, name, ["tee", "/etc/apt/sources.list"], sourcesList(app));
    return { address: ssh.host, port: ssh.port, hostKey: ssh.hostKey };
  };
  const machines = await Promise.all(
    machineNames.map(
      async (name, index) => [name, await boot(name, addresses[name], first + index)] as const,
    ),
  );
  let nextPort = first + machineNames.length;
  const logins = Object.fromEntries(machines) as BareLab["logins"];

  const folder = join(root, ".hapair", "test", purpose);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const home = openHome(folder);
  const identityFile = join(folder, "id_ed25519");
  writeFileSync(identityFile, client.private, { mode: 0o600 });
  const configFile = join(folder, "stack.yaml");
  let pairChange: Readonly<Record<string, unknown>> = {};
  let takeOver: readonly string[] = [];
  const configure: BareLab["configure"] = (change = {}, hosts = {}) => {
    const node = (name: MachineName) => ({ name, address: addresses[name] });
    const config = {
      target: "hosts",
      network: { cidr: "10.0.1.0/24" },
      pairs: [
        {
          name: "pg",
          vip: { address: "10.0.1.100" },
          nodes: [node("haproxy1"), node("haproxy2")],
          pool: { machines: [node("db1")] },
          ...pairChange,
        },
      ],
      hosts: { identityFile, machines: logins, takeOver, ...hosts },
      ...change,
    };
    const keys = Object.entries(config).map(([key, value]) => [`hapair:${key}`, value]);
    writeFileSync(configFile, stringify({ config: Object.fromEntries(keys) }));
  };
  configure();
  return {
    lab,
    home,
    sqlPort,
    configure,
    configurePair: (pair) => {
      pairChange = pair;
      configure();
    },
    configureTakeOver: (services) => {
      takeOver = services;
      configure();
    },
    add: (name, address) => boot(name, address, nextPort++),
    start: async (name) => {
      await runLab(lab, `up ${name}`);
    },
    inNetwork: async (...args) => {
      const [file = "", ...argv] = execArgv(lab, "app", [process.execPath, "cli/main.ts", ...args]);
      return execa(file, argv, {
        cwd: join(home.folder, "project"),
        env: { HAPAIR_HOME: home.folder },
        reject: false,
        stdin: "ignore",
      });
    },
    logins,
    topology: () => parseTopology(plainConfig(configFile)),
    command: userCommands({ home, configFile }, { stack: "hosts" }),
    remove: async () => {
      await source?.stop();
      await removeLab(lab);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function runLab(lab: string, verb: string, input?: object): Promise<string> {
  const argv = ["lab/main.ts", ...verb.split(" "), "--lab", lab];
  const { stdout } = await execa(process.execPath, argv, {
    cwd: root,
    input: input ? JSON.stringify(input) : "",
  });
  return stdout;
}
