import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { writeAtomically } from "../../../base/files.ts";
import { waitFor } from "../../../base/waitFor.ts";
import { execIn, isAlive, Service, start, stop, Volumes } from "./container.ts";

/**
 * In place of `docker` on a machine without an engine: runs the services of a compose file for real, with the daemons of
 * the lab's image. What it cannot prove: images, restarts, limits, SELinux, and what an engine does after a reboot.
 */

const folder = process.env.DOCKER_STAND_IN ?? "";
const args = process.argv.slice(2);

interface Container {
  readonly id: string;
  readonly project: string;
  readonly name: string;
  readonly service: Service;
  readonly pid: number;
}

const stateFile = join(folder, "state.json");
let containers: Container[] = read();

function read(): Container[] {
  try {
    return JSON.parse(readFileSync(stateFile, "utf8"));
  } catch {
    return [];
  }
}

function keep(next: Container[]): void {
  containers = next;
  writeAtomically(stateFile, JSON.stringify(containers));
}

process.exitCode = await run();

async function run(): Promise<number> {
  const [first, ...rest] = args;
  if (first === "version") return print('{"Server":{"Platform":{"Name":"Docker Engine - Community"}}}');
  if (first === "context") return print("unix:///var/run/docker.sock");
  if (first === "info") return print('["name=seccomp,profile=builtin"]');
  if (first === "compose" && rest[0] === "version") return print("2.26.1");
  if (first === "compose" && rest.includes("config")) {
    composeIn(readFileSync(0, "utf8"));
    return 0;
  }
  if (first === "compose") return compose(rest[1] ?? "", rest[3] ?? "", rest.slice(4));
  const project = /label=.*=(.+)$/.exec(args.find((arg) => arg.startsWith("label=")) ?? "")?.[1];
  if (first === "ps")
    return print(...containers.filter((one) => one.project === project).map(({ id }) => id));
  if (first === "inspect") return print(...containers.filter(({ id }) => rest.includes(id)).map(inspected));
  if (first === "volume" && rest[0] === "ls") return 0;
  return refuse(`unknown: docker ${args.join(" ")}`);
}

async function compose(project: string, file: string, [verb, ...more]: readonly string[]): Promise<number> {
  const own = containers.filter((one) => one.project === project);
  if (verb === "up") return up(project, file);
  if (verb === "kill") {
    for (const { name, pid } of own)
      if (more.includes(name) && isAlive(pid)) process.kill(pid, `SIG${more[1]}` as NodeJS.Signals);
    return 0;
  }
  if (verb === "exec") {
    const [, name = "", ...argv] = more;
    const container = own.find((one) => one.name === name && isAlive(one.pid));
    if (container === undefined) return refuse(`service "${name}" is not running`);
    return execIn(container.pid, container.service, argv, "inherit");
  }
  if (verb === "down") {
    for (const one of own) await remove(one);
    rmSync(join(folder, "volumes"), { recursive: true, force: true });
    return 0;
  }
  return refuse(`unknown: docker compose ${verb}`);
}

function composeIn(text: string): { services: Record<string, Service>; volumes: Volumes } {
  const { services, volumes } = parse(text, { merge: true }) as {
    services: Record<string, unknown>;
    volumes: unknown;
  };
  return {
    services: Object.fromEntries(Object.entries(services).map(([name, one]) => [name, Service.parse(one)])),
    volumes: Volumes.parse(volumes),
  };
}

async function up(project: string, file: string): Promise<number> {
  const { services, volumes } = composeIn(readFileSync(file, "utf8"));
  mkdirSync(join(folder, "volumes"), { recursive: true });
  for (const one of containers.filter((one) => one.project === project && !(one.name in services)))
    await remove(one);
  const place = { folder, project, projectFolder: dirname(file) };
  for (const [name, service] of Object.entries(services)) {
    const old = containers.find((one) => one.project === project && one.name === name);
    const same = old !== undefined && JSON.stringify(old.service) === JSON.stringify(service);
    if (same && isAlive(old.pid)) continue;
    if (old) await remove(old);
    const id = `${name}-${Date.now()}`;
    const pid = await start(place, id, service, volumes);
    keep([...containers, { id, project, name, service, pid }]);
    // Others depend on its end.
    if (service.restart === "no") await waitFor(30_000, () => (isAlive(pid) ? undefined : true));
  }
  const running = containers.filter((one) => one.project === project && one.service.restart !== "no");
  const look = () => {
    if (running.every(isHealthy)) return true;
    return running.every(({ pid }) => isAlive(pid)) ? undefined : false;
  };
  if (await waitFor(60_000, look, { everyMs: 200 })) return 0;
  const sick = running.filter((one) => !isHealthy(one));
  const logs = sick.map(({ id }) => readFileSync(join(folder, "containers", id, "log"), "utf8"));
  return refuse(`${sick.map(({ id }) => `container ${id} is unhealthy`).join("\n")}\n${logs.join("\n")}`);
}

async function remove(one: Container): Promise<void> {
  await stop(one.pid, one.service);
  keep(containers.filter(({ id }) => id !== one.id));
}

function isHealthy({ pid, service }: Container): boolean {
  const [, ...test] = service.healthcheck?.test ?? [];
  return isAlive(pid) && execIn(pid, service, test, "ignore") === 0;
}

function inspected(one: Container): string {
  const { project, name, pid, service } = one;
  const isRunning = isAlive(pid);
  return JSON.stringify({
    Config: {
      Labels: {
        ...service.labels,
        "com.docker.compose.project": project,
        "com.docker.compose.service": name,
      },
    },
    RestartCount: 0,
    State: {
      Status: isRunning ? "running" : "exited",
      ...(isRunning &&
        service.healthcheck && { Health: { Status: isHealthy(one) ? "healthy" : "unhealthy" } }),
    },
  });
}

function print(...lines: readonly string[]): number {
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
  return 0;
}

function refuse(why: string): number {
  process.stderr.write(`${why}\n`);
  return 1;
}
