import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addresses } from "../agent/host/network.ts";
import { run } from "../agent/host/run.ts";
import { poolerListeners, settingsPath } from "../agent/services/pgbouncer/complaint.ts";
import { poolComplaint } from "../agent/services/pgbouncer/externalPool.ts";
import { postgresListeners } from "../agent/services/postgresql.ts";
import type { KnownBundle } from "../agent/store/readBundle.ts";
import { Failure } from "../base/failure.ts";
import { writeAtomically } from "../base/files.ts";
import { takenPorts, type Wanted } from "../base/listeners.ts";
import type { Bundle } from "../contract/bundle.ts";
import { composePath } from "../contract/laptop.ts";
import { asHost } from "./docker/asHost.ts";
import { listenersIn } from "./docker/containers.ts";
import { askDocker, docker, mustSucceed } from "./docker/docker.ts";
import { dockerTrouble } from "./docker/trouble.ts";
import type { Place } from "./place.ts";
import { liveBundle, recordOf } from "./record.ts";

/** What an apply needs of this machine. Nothing here changes anything. */

/**
 * Checks Docker, the compose file, the address and the ports.
 * @throws Failure with every problem
 */
export async function checkMachine(place: Place, bundle: Bundle): Promise<void> {
  const trouble = dockerTrouble(await askDocker());
  if (trouble !== undefined) throw new Failure(trouble);
  const text = bundle.files.find(({ path }) => path === composePath)?.text ?? "";
  // By standard input: the file of the live bundle stays.
  const args = ["compose", "--project-directory", place.folder, "--file", "-", "config", "--quiet"];
  mustSucceed("docker compose config", await docker(args, { input: text }));
  const problems = [
    ...addressProblems(listenersOf(bundle), addresses()),
    ...(await portProblems(place, bundle)),
  ];
  if (problems.length > 0) throw new Failure(problems.join("\n"));
}

/** Logs in to an external database as the poolers would. @throws Failure where it does not let them in */
export async function checkDatabase(place: Place, { bundle, config }: KnownBundle): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "hapair-laptop-"));
  try {
    for (const { path, text } of bundle.files.filter(({ path }) => path.endsWith(".pem")))
      writeAtomically(join(folder, path), text);
    const complaint = await poolComplaint({
      host: asHost(place, recordOf(place).project, bundle.units.enabled),
      folder,
      files: bundle.files,
      config,
      live: liveBundle(place)?.config,
    });
    if (complaint !== undefined) throw new Failure(complaint);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Where the daemons of a bundle listen on this machine's network: PostgreSQL does for `pool.directClients` alone. */
function listenersOf({ files }: Bundle): readonly Wanted[] {
  const named = (setting: string, listeners: readonly Wanted[]) =>
    listeners.map(({ address }) => ({ address, setting: `${setting}: ${address}` }));
  const poolers = files.filter(({ path }) => settingsPath.test(path)).flatMap(poolerListeners);
  const postgres = files
    .filter(({ path }) => path.endsWith("conf.d/hapair.conf"))
    .flatMap(({ path, text }) => postgresListeners(path, text));
  const isOnNetwork = postgres.some(({ address }) => !isLoopback(address));
  return [...named("pool.ports", poolers), ...(isOnNetwork ? named("pool.postgres.port", postgres) : [])];
}

const isLoopback = (address: string): boolean => /^(127\.|\[::1\])/.test(address);

/**
 * A sentence for each address to listen on that is not this machine's.
 * @param own the addresses that it has
 */
export function addressProblems(
  listeners: readonly Pick<Wanted, "address">[],
  own: readonly string[],
): string[] {
  const wanted = listeners
    .filter(({ address }) => !isLoopback(address))
    .map(({ address }) => hostOf(address));
  const ipv4 = own.filter((address) => !address.includes(":") && !isLoopback(address));
  return [...new Set(wanted)]
    .filter((address) => !own.includes(address))
    .map(
      (address) =>
        `vagrant.laptop is ${address}, and this machine has ${ipv4.join(", ") || "no address"}: set it to this machine's address on the network, or join that network`,
    );
}

const hostOf = (address: string): string => address.slice(0, address.lastIndexOf(":"));

/**
 * A sentence for each port of the bundle that others have. Those of the project's own containers are free for it, also where
 * an apply was interrupted or its files were removed by hand, and no bundle says what runs.
 */
async function portProblems(place: Place, bundle: Bundle): Promise<readonly string[]> {
  const own = await listenersIn(recordOf(place).project);
  const wanted = listenersOf(bundle).filter(({ address }) => !own.includes(address));
  const { status, stdout } = await run("ss", ["-Hltnp"]);
  return status === 0 ? takenPorts(wanted, stdout, () => false) : [];
}
