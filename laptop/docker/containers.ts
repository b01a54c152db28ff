import * as z from "zod";
import type { HostReport } from "../../contract/hostStatus.ts";
import { listensLabel, serviceOf } from "../../contract/laptop.ts";
import { docker, mustSucceed } from "./docker.ts";

const serviceLabel = "com.docker.compose.service";
export const projectLabel = "com.docker.compose.project";

/** What `docker inspect` says of a container. */
const Container = z.object({
  Config: z.object({ Labels: z.record(z.string(), z.string()) }),
  RestartCount: z.int(),
  State: z.object({
    /** running, exited, restarting … */
    Status: z.string(),
    Health: z.optional(z.object({ Status: z.string() })),
  }),
});

type Unit = HostReport["units"][number];

/** The state of each unit's container, in systemd's words where it serves. @throws Failure where Docker does not answer */
export async function unitsIn(project: string, units: readonly string[]): Promise<readonly Unit[]> {
  return unitStates(await inspected(project), units);
}

/** Each `HOST:PORT` where running containers of a project listen on this machine. @throws Failure as `unitsIn` */
export async function listenersIn(project: string): Promise<readonly string[]> {
  return containersIn(await inspected(project))
    .filter(({ State }) => State.Status === "running")
    .flatMap(({ Config }) => Config.Labels[listensLabel]?.split(" ") ?? []);
}

/** One JSON object a line for each container of a project. */
async function inspected(project: string): Promise<string> {
  const filter = `label=${projectLabel}=${project}`;
  const listed = mustSucceed("docker ps", await docker(["ps", "--all", "--quiet", "--filter", filter]));
  const ids = listed.split("\n").filter((id) => id !== "");
  return ids.length === 0 ? "" : mustSucceed("docker inspect", await inspect(ids));
}

function inspect(ids: readonly string[]) {
  return docker(["inspect", "--format", "{{json .}}", ...ids]);
}

/** @param inspected one JSON object a line */
export function unitStates(inspected: string, units: readonly string[]): readonly Unit[] {
  const containers = containersIn(inspected);
  return units.map((unit) => {
    const container = containers.find(({ Config }) => Config.Labels[serviceLabel] === serviceOf(unit));
    if (container === undefined) return { unit, active: "inactive", sub: "no container", restarts: 0 };
    const { Status: sub, Health } = container.State;
    const health = Health?.Status ?? "healthy";
    const active = sub !== "running" ? "inactive" : health === "healthy" ? "active" : health;
    return { unit, active, sub, restarts: container.RestartCount };
  });
}

function containersIn(inspected: string): readonly z.infer<typeof Container>[] {
  return inspected
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => Container.parse(JSON.parse(line)));
}
