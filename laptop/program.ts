import { join } from "node:path";
import { Command, Option } from "commander";
import { arrived } from "../agent/commands/bundleArgument.ts";
import { tellPoolers } from "../agent/commands/pool.ts";
import { consoleCommands, isConsoleCommand } from "../agent/services/pgbouncer/console.ts";
import { type KnownBundle, readBundle } from "../agent/store/readBundle.ts";
import { exitStatus, Failure } from "../base/failure.ts";
import { fileFaultWords, isFileError } from "../base/fileErrors.ts";
import { takeLock } from "../base/lock.ts";
import { laptopName, laptopVariable } from "../contract/laptop.ts";
import { apply } from "./apply.ts";
import { checkDatabase, checkMachine } from "./check.ts";
import { asHost } from "./docker/asHost.ts";
import { down } from "./down.ts";
import { type Place, placeAt } from "./place.ts";
import { progress } from "./progress.ts";
import { checkOwner, liveBundle, makeFolder, recordOf, storedBundle } from "./record.ts";
import { statusOf } from "./status.ts";

interface Given {
  readonly folder: string;
  readonly sha256?: string;
  readonly stack?: string;
  readonly json?: boolean;
}

const words = Object.keys(consoleCommands).join(", ");

const program = new Command("laptop")
  .description("The pool on this machine: PostgreSQL and PgBouncer in containers of Docker Engine.")
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? exitStatus.ok : exitStatus.usage));

const verb = (usage: string, description: string) =>
  program
    .command(usage)
    .description(description)
    .addOption(
      new Option("--folder <path>", "where its compose file is")
        .env(laptopVariable)
        .default(join(import.meta.dirname, "../vagrant")),
    );

const ofStack = ["--stack <name>", "the stack whose pool it is"] as const;

verb("check <bundle>", "check whether this machine can carry a bundle, whose secrets may be masked")
  .option("--sha256 <hex>", "the bundle's SHA-256")
  .option(...ofStack)
  .action(async (source: string, { folder, sha256, stack }: Given) => {
    const place = placeAt(folder);
    checkOwner(place, stack);
    await checkMachine(place, (await given(place, source, sha256)).bundle);
  });

verb("stage <bundle>", "check a bundle (- is standard input) and everything that it needs here")
  .option("--sha256 <hex>", "the bundle's SHA-256")
  .option(...ofStack)
  .action(async (source: string, { folder, sha256, stack }: Given) => {
    const place = placeAt(folder);
    const bundle = await given(place, source, sha256);
    checkOwner(place, stack);
    await checkMachine(place, bundle.bundle);
    await checkDatabase(place, bundle);
  });

verb("apply <bundle>", "make a bundle live: - is standard input, a SHA-256 the bundle that was live before")
  .option("--sha256 <hex>", "the bundle's SHA-256")
  .option(...ofStack)
  .action(async (source: string, { folder, sha256, stack }: Given) => {
    const place = placeAt(folder);
    const bundle = await given(place, source, sha256);
    await locked(place, () => apply(place, bundle, stack));
  });

verb("status", "print what the pool is and does now, as JSON").action(async ({ folder }: Given) => {
  process.stdout.write(`${JSON.stringify(await statusOf(placeAt(folder)))}\n`);
});

verb("pool <command>", `send one command to every pooler: ${words}`)
  .option("--json", "print the answer of each pooler as one JSON object a line", false)
  .action(async (command: string, { folder, json = false }: Given) => {
    if (!isConsoleCommand(command))
      throw new Failure(`pool takes one of ${words}, and not ${command}`, exitStatus.usage);
    const place = placeAt(folder);
    const live = liveBundle(place);
    if (live === undefined) throw new Failure("the pool is not up on this machine: bring the stack up");
    const host = asHost(place, recordOf(place).project, live.bundle.units.enabled);
    const ports = (live.config?.pool?.poolers ?? []).map(({ port }) => port);
    process.exitCode = await tellPoolers(host, ports, command, json);
  });

verb("down", "remove the containers, PostgreSQL's data and every file of the pool")
  .option(...ofStack)
  .action(async ({ folder, stack }: Given) => {
    const place = placeAt(folder);
    await locked(place, () => down(place, stack));
  });

/** Time for a bundle on standard input to arrive. */
const stallMs = 60_000;

async function given(place: Place, source: string, sha256: string | undefined): Promise<KnownBundle> {
  if (source !== "-") return storedBundle(place, source);
  return readBundle(await arrived(process.stdin, stallMs), laptopName, sha256);
}

/** One change of the pool at a time. */
async function locked(place: Place, work: () => Promise<void>): Promise<void> {
  makeFolder(place.pool);
  const onWait = () => progress("another command changes the pool: waiting for it to end");
  const unlock = await takeLock(place.lock, { quietS: 2, onWait });
  try {
    await work();
  } finally {
    unlock?.();
  }
}

try {
  // Whoever runs this may have another project of Compose in mind.
  for (const name of Object.keys(process.env).filter((name) => name.startsWith("COMPOSE_")))
    delete process.env[name];
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof Failure) && !isFileError(error)) throw error;
  progress(error instanceof Failure ? error.message : fileFaultWords(error, "vagrant/pool"));
  process.exitCode = error instanceof Failure ? error.exitStatus : exitStatus.failed;
}
