import { text } from "node:stream/consumers";
import { Command, Option } from "commander";
import { execa } from "execa";
import type * as z from "zod";
import { becomeRoot } from "../base/becomeRoot.ts";
import { exitStatus, Failure } from "../base/failure.ts";
import { Cut, labVariable, MachineSpec } from "../contract/lab.ts";
import { cut, heal } from "./faults/cut.ts";
import { freeze, kill, thaw } from "./faults/power.ts";
import { down, retain } from "./machine/down.ts";
import { execArgv } from "./machine/exec.ts";
import { up, upAll } from "./machine/up.ts";
import { check, networkDown, networkUp } from "./network/network.ts";
import { assertOwnLab } from "./owner.ts";
import { groupGone } from "./process/group.ts";
import { progress } from "./process/run.ts";
import { CheckedNetworkSpec, labName, machineName, parseSpec, port } from "./spec.ts";
import { formatStatus, status } from "./status.ts";
import { labNames, machineNames } from "./store.ts";

type Options = { lab: string };

/** Verbs that change nothing, so that they also serve another clone's lab. */
const reading = ["check", "status"];

const program = new Command("lab")
  .description(
    "Local machines: systemd-nspawn in one network namespace, reached through forwarded loopback ports.",
  )
  .enablePositionalOptions()
  // Only before a verb runs: help and wrong usage need no root.
  .hook("preAction", becomeRoot)
  .hook("preAction", (_, verb) => {
    const { lab } = verb.opts<Options>();
    const isNamed = verb.getOptionValueSource("lab") === "cli";
    if (!isNamed && labNames().some((other) => other !== lab)) progress(`this is lab ${lab}`);
    if (!reading.includes(verb.name())) assertOwnLab(lab);
  })
  // Verbs inherit this: the exit status distinguishes wrong usage from a verb that failed.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? exitStatus.ok : exitStatus.usage));

const verb = (parent: Command, usage: string, description: string) =>
  parent
    .command(usage)
    .description(description)
    .addOption(new Option("--lab <name>", "which lab").env(labVariable).argParser(labName).default("hapair"));

const network = program.command("network").description("the lab as a whole");

verb(network, "up", "make the base image, the network and its forwards, or what is missing of them")
  .addHelpText(
    "after",
    '\nReads a spec on stdin; without one, the stored spec is used:\n  {"cidr": "10.0.1.0/24", "app": "10.0.1.10", "packages": ["curl"], "user": "admin",\n   "forwards": [{"port": 15432, "to": "10.0.1.100:5432"}]}',
  )
  .action(async ({ lab }: Options) =>
    print(await networkUp(lab, await readSpec(CheckedNetworkSpec, "The network's spec"))),
  );

verb(
  network,
  "down",
  "remove machines, disks, network and forwards; only the cached base image stays",
).action(({ lab }: Options) => networkDown(lab));

verb(program, "up [name]", "start a machine and wait for its sshd; without a name, start the whole lab")
  .addHelpText(
    "after",
    '\nReads the machine\'s spec on stdin; without one, the stored spec is used:\n  {"address": "10.0.1.20", "sshPort": 2201, "authorizedKey": "ssh-ed25519 AAAA…"}',
  )
  .action(async (name: string | undefined, { lab }: Options) => {
    if (name === undefined) return print(await upAll(lab));
    print(await up(lab, machineName(name), await readSpec(MachineSpec, "The machine's spec")));
  });

verb(program, "down [name]", "shut a machine down; without a name, every machine")
  .option("--purge", "remove the disk too", false)
  .action(async (name: string | undefined, { lab, purge }: Options & { purge: boolean }) => {
    const names = name === undefined ? machineNames(lab) : [machineName(name)];
    await Promise.all(names.map((each) => down(lab, each, { purge })));
  });

verb(program, "retain <name...>", "remove every machine that is not named, with its disk").action(
  (names: string[], { lab }: Options) => retain(lab, names.map(machineName)),
);

verb(
  program,
  "exec <name> <command...>",
  "run a command in a machine; the name app is this host inside the lab's network",
)
  .passThroughOptions()
  .action(async (name: string, command: string[], { lab }: Options) => {
    const [file = "", ...args] = execArgv(lab, name === "app" ? name : machineName(name), command);
    const { exitCode } = await execa(file, args, { stdio: "inherit", reject: false });
    process.exitCode = exitCode ?? 1;
  });

verb(program, "check [port...]", "check whether this host can carry a lab that forwards these ports").action(
  (ports: string[]) => check(ports.map(port)),
);

verb(program, "status", "show the lab's network, forwards and machines")
  .option("--json", "one JSON object", false)
  .action(({ lab, json }: Options & { json: boolean }) => {
    const found = status(lab);
    if (json) print(found);
    else process.stdout.write(formatStatus(found));
  });

verb(program, "kill <name>", "cut the power").action(async (name: string, { lab }: Options) => {
  kill(lab, machineName(name));
  await groupGone(lab, name, 10_000);
});
verb(program, "freeze <name>", "pause a machine and its network").action((name: string, { lab }: Options) =>
  freeze(lab, machineName(name)),
);
verb(program, "thaw <name>", "resume a paused machine").action((name: string, { lab }: Options) =>
  thaw(lab, machineName(name)),
);
verb(program, "cut <name>", "cut a machine's cable, until heal")
  .addOption(
    new Option(
      "--how <way>",
      "off the bridge, without carrier, one IP protocol, or everything in one direction",
    )
      .choices(["port", "carrier", "proto", "direction"])
      .default("port"),
  )
  .option("--proto <number>", "IP protocol to drop (with --how proto)", Number, 112)
  .addOption(
    new Option("--direction <way>", "what the machine sends, or what it receives")
      .choices(["out", "in"])
      .default("out"),
  )
  .action(
    (
      name: string,
      { lab, how, proto, direction }: Options & { how: string; proto: number; direction: string },
    ) => {
      const wanted = {
        how,
        ...(how === "proto" && { proto }),
        ...(["proto", "direction"].includes(how) && { direction }),
      };
      cut(lab, machineName(name), parseSpec(Cut, JSON.stringify(wanted), "The cut"));
    },
  );
verb(program, "heal <name>", "undo a cut").action((name: string, { lab }: Options) =>
  heal(lab, machineName(name)),
);

/** The spec on stdin; undefined where stdin is empty or a terminal. */
async function readSpec<T>(schema: z.ZodType<T>, what: string): Promise<T | undefined> {
  const given = process.stdin.isTTY ? "" : await text(process.stdin);
  return given.trim() === "" ? undefined : parseSpec(schema, given, what);
}

function print(result: object): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

try {
  process.umask(0o022);
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  process.stderr.write(`lab: ${error.message}\n`);
  process.exitCode = error.exitStatus;
}
