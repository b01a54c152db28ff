import { Failure, messageOf } from "../base/failure.ts";
import { fileFaultWords, isFileError } from "../base/fileErrors.ts";
import { outliveWatcher } from "../base/outliveWatcher.ts";
import { type Command, usage } from "./commands/command.ts";
import { exitStatuses } from "./errors.ts";

/** Each command loads on demand: the daemon runs for months and must not hold what an apply needs. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  stage: async () => (await import("./commands/stage.ts")).stageCommand,
  apply: async () => (await import("./commands/apply.ts")).applyCommand,
  rollback: async () => (await import("./commands/rollback.ts")).rollbackCommand,
  "give-back": async () => (await import("./commands/giveBack.ts")).giveBackCommand,
  status: async () => (await import("./commands/status.ts")).statusCommand,
  pool: async () => (await import("./commands/pool.ts")).poolCommand,
  egress: async () => (await import("./commands/egress.ts")).egressCommand,
  route: async () => (await import("./commands/route.ts")).routeVerb,
  check: async () => (await import("./commands/check.ts")).checkCommand,
  action: async () => (await import("./commands/action.ts")).actionCommand,
  certificate: async () => (await import("./commands/certificate.ts")).certificateCommand,
  "routes-map": async () => (await import("./commands/routesMap.ts")).routesMapCommand,
  routes: async () => (await import("./commands/routes.ts")).routesCommand,
  watch: async () => (await import("./commands/watch.ts")).watchCommand,
};

/** Resolves to the exit status. */
async function main([verb, ...rest]: readonly string[]): Promise<number> {
  const load = verb !== undefined && Object.hasOwn(commands, verb) ? commands[verb] : undefined;
  if (load === undefined) {
    const everything = usage(await Promise.all(Object.values(commands).map((one) => one())));
    const asked = verb === undefined || verb === "--help" || verb === "-h" || verb === "help";
    (asked ? process.stdout : process.stderr).write(
      asked ? everything : `hapair: no command "${verb}"\n\n${everything}`,
    );
    return verb !== undefined && asked ? exitStatuses.ok : exitStatuses.badInput;
  }
  const command = await load();
  if (rest.includes("--help") || rest.includes("-h")) {
    process.stdout.write(usage([command]));
    return exitStatuses.ok;
  }
  return command.run(rest);
}

/** A stack trace is for bugs alone, and a file that cannot be read or written is none. */
function words(error: unknown): string {
  if (error instanceof Failure) return error.message;
  if (isFileError(error) && error.path !== undefined) return fileFaultWords(error, error.path);
  return (error instanceof Error && error.stack) || messageOf(error);
}

outliveWatcher();

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    process.stderr.write(`hapair: ${words(error)}\n`);
    process.exitCode = error instanceof Failure ? error.exitStatus : exitStatuses.failed;
  },
);
