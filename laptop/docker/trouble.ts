import type { Ran } from "../../agent/host/system.ts";

/** What this machine's Docker says of itself, in the order in which it is asked. */
export interface DockerAnswers {
  /** As Node.js names it. */
  readonly platform: NodeJS.Platform;
  /** `docker version`, as JSON. */
  readonly version: Ran;
  /** Where the client finds the engine, such as `unix:///var/run/docker.sock`. */
  readonly endpoint: Ran;
  /** The engine's security options, as JSON. */
  readonly security: Ran;
  /** `docker compose version --short`. */
  readonly compose: Ran;
}

/** The first release in which `up --wait` waits for a container that only has to end well, and every key that is used. */
const oldestCompose = [2, 20] as const;

const needs = "pool.on: laptop needs Docker Engine with its compose plugin";
const install =
  "install both (docs.docker.com/engine/install, on Debian 13: apt-get install docker.io docker-compose)";
const other = "or give the pool a machine of its own (pool.on: machines)";

/** Why this machine's Docker cannot carry the pool, in one sentence with the remedy; undefined where it can. */
export function dockerTrouble({
  platform,
  version,
  endpoint,
  security,
  compose,
}: DockerAnswers): string | undefined {
  const found = `${version.stdout}\n${version.stderr}`;
  if (platform !== "linux")
    return `${needs} on Linux, and this machine runs ${platform}, where containers are in a virtual machine: give the pool a machine of its own (pool.on: machines)`;
  if (version.status === 127) return `${needs}, and this machine has no docker: ${install}, ${other}`;
  if (/podman/i.test(found)) return `${needs}, and docker is podman here: ${install}, ${other}`;
  if (/permission denied/i.test(found))
    return `this user may not use Docker: run sudo usermod -aG docker ${process.env.USER ?? "USER"} and log in again`;
  if (version.status !== 0)
    return `Docker does not answer (${lastLine(version)}): start it with sudo systemctl start docker`;
  if (found.includes("Docker Desktop"))
    return `${needs}, and this is Docker Desktop, whose containers the virtual machines do not reach: ${install} and choose it with docker context use default, ${other}`;
  const engine = endpoint.stdout.trim();
  if (endpoint.status === 0 && engine !== "" && !engine.startsWith("unix://"))
    return `Docker's engine is elsewhere (${engine}), and the pool has to be on this machine: unset DOCKER_HOST and run docker context use default`;
  const option = /name=(rootless|userns)/.exec(security.stdout)?.[1];
  if (option !== undefined)
    return `${needs} as root's daemon, and this one is ${option === "rootless" ? "rootless" : "set to remap users (userns-remap)"}: choose root's with docker context use default, ${other}`;
  if (compose.status !== 0) return `${needs}, and docker compose is missing here: ${install}, ${other}`;
  return composeTrouble(compose.stdout.trim());
}

function composeTrouble(version: string): string | undefined {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  const [oldMajor, oldMinor] = oldestCompose;
  if (Number(major) > oldMajor || (Number(major) === oldMajor && Number(minor) >= oldMinor)) return undefined;
  return `docker compose is version ${version || "unknown"}, and ${oldestCompose.join(".")} or newer is needed: ${install}`;
}

function lastLine({ stdout, stderr, status }: Ran): string {
  return (
    stderr.trim().split("\n").at(-1) ||
    stdout.trim().split("\n").at(-1) ||
    `exit status ${status}`
  ).replace(/[.?]$/, "");
}
