import { expect, test } from "vitest";
import { unitStates } from "../../../laptop/docker/containers.ts";

const container = (service: string, State: object, RestartCount = 0) =>
  JSON.stringify({ Config: { Labels: { "com.docker.compose.service": service } }, RestartCount, State });

test("a container serves where it runs and is healthy, and its state says why else", () => {
  const healthy = { Status: "running", Health: { Status: "healthy" } };
  const inspected = [
    container("files", { Status: "exited" }),
    container("postgres", healthy),
    container("pgbouncer-6432", { Status: "running", Health: { Status: "unhealthy" } }, 3),
    container("pgbouncer-6433", { Status: "restarting", Health: { Status: "starting" } }, 17),
  ].join("\n");
  const units = [
    "postgresql@17-main.service",
    ...[6432, 6433, 6434].map((port) => `pgbouncer@${port}.service`),
  ];
  expect(unitStates(inspected, units)).toEqual([
    { unit: units[0], active: "active", sub: "running", restarts: 0 },
    { unit: units[1], active: "unhealthy", sub: "running", restarts: 3 },
    { unit: units[2], active: "inactive", sub: "restarting", restarts: 17 },
    { unit: units[3], active: "inactive", sub: "no container", restarts: 0 },
  ]);
});
