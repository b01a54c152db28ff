import { execa } from "execa";
import { Failure } from "../../base/failure.ts";
import { passFileLine } from "../../cli/clients/clientFiles.ts";
import { run } from "../../drills/machine.ts";
import { type DrilledPair, postgresOf } from "../../drills/pair.ts";
import { leaderPid } from "../../lab/machine/exec.ts";
import { namespacePath } from "../../lab/paths.ts";

const pgbench = "/usr/lib/postgresql/17/bin/pgbench";
const passFile = "/run/hapair-bench.pgpass";
const authorityFile = "/run/hapair-bench.pem";

/** One pgbench per target, all at once with the same arguments; then the processor time of all of them. */
const sideBySide = `TIMEFORMAT='cpu %U %S'
time { for target in $TARGETS; do ${pgbench} "$@" -h "\${target%:*}" -p "\${target#*:}" 2>&1 & done; wait; }`;

interface Rates {
  /** Transactions per second of all processes together. */
  readonly tps: number;
  /** Processor time of the pgbench processes, s. */
  readonly cpuSeconds: number;
}

export interface Pgbench {
  /** Makes pgbench's tables. */
  initialise(target: Endpoint): Promise<void>;
  /** Runs one process per target with these arguments; with `tls`, over verified connections, else over plain ones. */
  measure(targets: readonly Endpoint[], args: readonly string[], tls?: true): Promise<Rates>;
}

/**
 * pgbench on the lab's application server: the program of the database machine, in the network of the lab's namespace.
 * The password is in a file that only root can read.
 * @param authority PEM of who has certified the poolers; needed for TLS
 */
export async function openPgbench(pair: DrilledPair, authority = ""): Promise<Pgbench> {
  const { lab, databaseUrl } = pair;
  const machine = postgresOf(pair);
  const url = new URL(databaseUrl);
  const user = decodeURIComponent(url.username);
  const line = passFileLine("*", "*", "*", user, decodeURIComponent(url.password));
  await run(lab, machine, ["sh", "-c", `umask 077; cat > ${passFile}`], line);
  await run(lab, machine, ["tee", authorityFile], authority);

  const environment = {
    PATH: "/usr/bin:/bin",
    PGPASSFILE: passFile,
    PGUSER: user,
    PGDATABASE: decodeURIComponent(url.pathname.slice(1)),
    PGSSLROOTCERT: authorityFile,
  };
  const start = async (
    targets: readonly Endpoint[],
    args: readonly string[],
    PGSSLMODE: "verify-full" | "disable",
  ): Promise<string> => {
    const leader = String(leaderPid(lab, machine));
    const inMachine = ["-t", leader, "--mount", "--root", "--wdns=/", `--net=${namespacePath(lab)}`, "--"];
    const result = await execa("nsenter", [...inMachine, "bash", "-c", sideBySide, "pgbench", ...args], {
      extendEnv: false,
      env: {
        ...environment,
        PGSSLMODE,
        TARGETS: targets.map(({ host, port }) => `${host}:${port}`).join(" "),
      },
      stdin: "ignore",
      reject: false,
      all: true,
    });
    if (result.failed) throw new Failure(`pgbench could not be run: ${result.all}`);
    return result.all ?? "";
  };

  return {
    initialise: async (target) => {
      const output = await start([target], ["--initialize", "--scale=10", "--quiet"], "disable");
      if (!output.includes("done in")) throw new Failure(`pgbench could not make its tables:\n${output}`);
    },
    measure: async (targets, args, tls) => {
      const output = await start(targets, args, tls ? "verify-full" : "disable");
      const [, user, system] = /^cpu ([\d.]+) ([\d.]+)$/m.exec(output) ?? [];
      return { tps: sumTps(output, targets.length), cpuSeconds: Number(user) + Number(system) };
    },
  };
}

/**
 * Transactions per second of all pgbench processes together.
 * @param output of all of them
 * @throws Failure where one of the `processes` printed no rate, or a transaction failed
 */
export function sumTps(output: string, processes: number): number {
  const rates = [...output.matchAll(/^tps = ([\d.]+)/gm)].map(([, rate]) => Number(rate));
  const failed = [...output.matchAll(/^number of failed transactions: (\d+)/gm)].map(([, count]) =>
    Number(count),
  );
  if (rates.length !== processes || failed.some((count) => count > 0))
    throw new Failure(`pgbench did not finish:\n${output.trim().split("\n").slice(-12).join("\n")}`);
  return rates.reduce((sum, rate) => sum + rate, 0);
}

/** Where one pgbench process connects to. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}
