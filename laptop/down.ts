import { existsSync, rmSync } from "node:fs";
import type { Ran } from "../agent/host/system.ts";
import { Failure } from "../base/failure.ts";
import { projectLabel } from "./docker/containers.ts";
import { askDocker, compose, docker, mustSucceed } from "./docker/docker.ts";
import { dockerTrouble } from "./docker/trouble.ts";
import type { Place } from "./place.ts";
import { progress } from "./progress.ts";
import { otherOwner, recordOf } from "./record.ts";

const downMs = 3 * 60_000;

/**
 * Removes the pool with its data, and its files; leaves another stack's as it is.
 * @param stack whose pool is meant; undefined: whosever it is
 * @throws Failure where Docker does not do it
 */
export async function down(place: Place, stack: string | undefined): Promise<void> {
  const owner = otherOwner(place, stack);
  if (owner !== undefined)
    return progress(`leaving the pool on this machine, which is that of the stack ${owner}`);
  const trouble = dockerTrouble(await askDocker());
  // Without a record no apply has begun, unless its files were removed by hand.
  if (trouble !== undefined && !existsSync(place.record)) return;
  if (trouble !== undefined) throw new Failure(`the pool on this machine is not removed: ${trouble}`);
  const { project } = recordOf(place);
  progress(`removing the pool (${project}) with its data`);
  if (existsSync(place.composeFile)) {
    const args = ["down", "--volumes", "--remove-orphans"];
    mustSucceed("docker compose down", await compose(place, project, args, { timeoutMs: downMs }));
  }
  await removeLeft(project);
  rmSync(place.composeFile, { force: true });
  rmSync(place.pool, { recursive: true, force: true });
}

/**
 * What the compose file does not name: everything where it was removed by hand, and volumes of an earlier one, such as
 * PostgreSQL's before the database became an external one.
 */
async function removeLeft(project: string): Promise<void> {
  const found = ["--quiet", "--filter", `label=${projectLabel}=${project}`];
  const containers = lines("docker ps", await docker(["ps", "--all", ...found]));
  if (containers.length > 0) mustSucceed("docker rm", await docker(["rm", "--force", ...containers]));
  const volumes = lines("docker volume ls", await docker(["volume", "ls", ...found]));
  if (volumes.length > 0) mustSucceed("docker volume rm", await docker(["volume", "rm", ...volumes]));
}

function lines(doing: string, ran: Ran): readonly string[] {
  return mustSucceed(doing, ran)
    .split("\n")
    .filter((line) => line !== "");
}
