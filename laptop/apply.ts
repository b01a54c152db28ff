import type { System } from "../agent/host/system.ts";
import { applyRoles } from "../agent/services/postgresql.ts";
import type { KnownBundle } from "../agent/store/readBundle.ts";
import { Failure, messageOf } from "../base/failure.ts";
import { writeAtomically } from "../base/files.ts";
import { composePath, serviceOf } from "../contract/laptop.ts";
import { asHost } from "./docker/asHost.ts";
import { compose, mustSucceed } from "./docker/docker.ts";
import type { Place } from "./place.ts";
import { progress } from "./progress.ts";
import { begin, checkOwner, confirm, liveBundle, recordOf, writeFiles } from "./record.ts";

/** The first start downloads two images. */
const startMs = 15 * 60_000;
/** Seconds until every container is healthy: PostgreSQL may have to recover after a crash. */
const healthyS = 120;

/**
 * Makes a bundle live. Containers whose own definition has not changed go on: they read their settings again. Where it
 * fails, the bundle that was live before is made live again.
 * @param stack whose pool it is; undefined: whose it was before
 * @throws Failure with the reason
 */
export async function apply(place: Place, bundle: KnownBundle, stack: string | undefined): Promise<void> {
  checkOwner(place, stack);
  const before = liveBundle(place);
  begin(place, bundle, stack, new Date());
  try {
    await activate(place, bundle);
  } catch (error) {
    if (before === undefined || before.sha === bundle.sha) throw error;
    progress(`going back to ${before.sha.slice(0, 12)}`);
    await activate(place, before).catch((another: unknown) => {
      throw new Failure(`${messageOf(error)}\nand it does not go back: ${messageOf(another)}`);
    });
    confirm(place, before.sha, new Date());
    throw error;
  }
  confirm(place, bundle.sha, new Date());
}

async function activate(place: Place, bundle: KnownBundle): Promise<void> {
  const { project } = recordOf(place);
  const units = bundle.bundle.units.enabled;
  const services = units.map(serviceOf);
  writeFiles(place, bundle);
  writeAtomically(place.composeFile, composeText(project, bundle));
  progress(`starting ${services.join(", ")}, or what is missing of them`);
  const up = [
    "up",
    "--detach",
    "--remove-orphans",
    "--quiet-pull",
    "--wait",
    "--wait-timeout",
    `${healthyS}`,
  ];
  const started = await compose(place, project, up, { timeoutMs: startMs });
  mustSucceed("docker compose up", started);
  const host = asHost(place, project, units);
  await roles(host, bundle);
  // The roles first: a pooler that has a new login uses it at once.
  const hup = await compose(place, project, ["kill", "--signal", "HUP", ...services]);
  mustSucceed("docker compose kill --signal HUP", hup);
}

async function roles(host: System, { bundle, config }: KnownBundle): Promise<void> {
  const sql = bundle.files.find(({ path }) => path === config?.pool?.rolesFile);
  if (sql !== undefined) await applyRoles(host, sql.path, sql.text);
}

/** With the project's name, so that `docker compose` alone finds it in this folder. */
function composeText(project: string, { bundle }: KnownBundle): string {
  const text = bundle.files.find(({ path }) => path === composePath)?.text;
  if (text === undefined) throw new Failure(`the bundle of the laptop has no ${composePath}`);
  return `name: ${project}\n${text}`;
}
