import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { writeAtomically } from "../../../base/files.ts";

/**
 * In place of `docker` on a machine without an engine: keeps containers as an engine would, but runs nothing in them.
 * Every call is recorded with its standard input.
 */

const folder = process.env.DOCKER_STAND_IN ?? "";
const args = process.argv.slice(2);

interface Service {
  readonly labels?: Readonly<Record<string, string>>;
}
interface Container {
  readonly id: string;
  readonly project: string;
  readonly service: string;
  readonly definition: string;
  status: string;
}
interface State {
  containers: Container[];
  volumes: { name: string; project: string }[];
  made: number;
}

const state = read<State>("state.json", { containers: [], volumes: [], made: 0 });
/** What the machine is like: set by a test. */
const machine = read<Readonly<Record<string, string>>>("machine.json", {});

const input = ["exec", "config"].some((word) => args.includes(word)) ? await text(process.stdin) : "";
appendFileSync(join(folder, "calls.jsonl"), `${JSON.stringify({ args, input })}\n`);
const [first, ...rest] = args;
const isCompose = first === "compose" && rest[0] === "--project-name";
process.stdout.write(isCompose ? await compose(rest[1] ?? "", rest[3] ?? "", rest.slice(4)) : plain());

function plain(): string {
  if (first === "version")
    return machine.version ?? '{"Server":{"Platform":{"Name":"Docker Engine - Community"}}}\n';
  if (first === "context") return "unix:///var/run/docker.sock\n";
  if (first === "info") return machine.security ?? '["name=seccomp,profile=builtin"]\n';
  if (first === "compose" && rest[0] === "version") return "2.26.1\n";
  if (first === "compose" && rest.includes("config")) return "";
  const project = /=([^=]+)$/.exec(args.find((arg) => arg.startsWith("label=")) ?? "")?.[1];
  if (first === "ps")
    return lines(state.containers.filter((one) => one.project === project).map(({ id }) => id));
  if (first === "inspect")
    return lines(state.containers.filter(({ id }) => args.includes(id)).map(inspected));
  if (first === "rm") {
    state.containers = state.containers.filter(({ id }) => !args.includes(id));
    return changed();
  }
  if (first === "volume" && rest[0] === "ls")
    return lines(state.volumes.filter((one) => one.project === project).map(({ name }) => name));
  if (first === "volume" && rest[0] === "rm") {
    state.volumes = state.volumes.filter(({ name }) => !rest.includes(name));
    return changed();
  }
  return refuse(`unknown: docker ${args.join(" ")}`);
}

async function compose(project: string, file: string, [verb, ...more]: readonly string[]): Promise<string> {
  const own = state.containers.filter((one) => one.project === project);
  if (verb === "up") return up(project, file);
  if (verb === "kill") return "";
  if (verb === "exec") {
    if (!own.some(({ service, status }) => more.includes(service) && status === "running"))
      return refuse(`service "${more[1]}" is not running`);
    return more.includes("psql") && !more.includes("-f") ? "1 197\n" : "";
  }
  if (verb === "down") {
    state.containers = state.containers.filter((one) => one.project !== project);
    state.volumes = state.volumes.filter((one) => one.project !== project);
    return changed();
  }
  return refuse(`unknown: docker compose ${verb}`);
}

/** A container whose definition has not changed goes on. */
async function up(project: string, file: string): Promise<string> {
  const { parse } = await import("yaml");
  const { services, volumes } = parse(readFileSync(file, "utf8"), { merge: true }) as {
    services: Record<string, Service>;
    volumes: Record<string, unknown>;
  };
  const hangs = machine.hangs !== undefined;
  for (const [service, definition] of Object.entries(services)) {
    const text = JSON.stringify(definition);
    const old = state.containers.find((one) => one.project === project && one.service === service);
    // One that has ended well starts again as it is.
    if (old?.definition === text) continue;
    state.containers = state.containers.filter((one) => one !== old);
    state.made++;
    const id = `container${state.made}`;
    const status = service === "files" ? "exited" : "running";
    state.containers.push({ id, project, service, definition: text, status });
  }
  state.containers = state.containers.filter((one) => one.project !== project || one.service in services);
  const names = Object.keys(volumes).map((name) => `${project}_${name}`);
  state.volumes = [
    ...state.volumes.filter(({ name }) => !names.includes(name)),
    ...names.map((name) => ({ name, project })),
  ];
  changed();
  if (hangs) {
    writeFileSync(join(folder, "hangs"), "");
    // Until the program that asked has been killed, as its test does.
    const asked = process.ppid;
    while (process.ppid === asked) await setTimeout(50);
    return "";
  }
  const refused = machine.refuses;
  if (refused !== undefined && readFileSync(file, "utf8").includes(refused))
    return refuse("container hapair-pgbouncer-6432-1 is unhealthy");
  return "";
}

function inspected({ project, service, status, definition }: Container): string {
  const { labels } = JSON.parse(definition) as Service;
  return JSON.stringify({
    Config: {
      Labels: {
        ...labels,
        "com.docker.compose.project": project,
        "com.docker.compose.service": service,
      },
    },
    RestartCount: 0,
    State: { Status: status, ...(service !== "files" && { Health: { Status: "healthy" } }) },
  });
}

/** The commands that change nothing run several at once. */
function changed(): string {
  writeAtomically(join(folder, "state.json"), JSON.stringify(state));
  return "";
}

function read<Value>(name: string, otherwise: Value): Value {
  try {
    return JSON.parse(readFileSync(join(folder, name), "utf8")) as Value;
  } catch {
    return otherwise;
  }
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}

function refuse(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}
