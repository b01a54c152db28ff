import { run } from "../../agent/host/run.ts";
import type { Ran, RunOptions } from "../../agent/host/system.ts";
import { Failure } from "../../base/failure.ts";
import type { Place } from "../place.ts";
import type { DockerAnswers } from "./trouble.ts";

/** The command `docker` of this machine. A failure is a result, not an exception. */
export function docker(args: readonly string[], options?: RunOptions): Promise<Ran> {
  return run("docker", args, options);
}

/** Asks Docker for what `dockerTrouble` judges. Changes nothing. */
export async function askDocker(): Promise<DockerAnswers> {
  const [version, endpoint, security, compose] = await Promise.all([
    docker(["version", "--format", "{{json .}}"]),
    docker(["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]),
    docker(["info", "--format", "{{json .SecurityOptions}}"]),
    docker(["compose", "version", "--short"]),
  ]);
  return { platform: process.platform, version, endpoint, security, compose };
}

/** Runs `docker compose` on a place's project. */
export function compose(
  { composeFile }: Pick<Place, "composeFile">,
  project: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<Ran> {
  return docker(["compose", "--project-name", project, "--file", composeFile, ...args], options);
}

/** @throws Failure with Docker's own last words */
export function mustSucceed(doing: string, { status, stdout, stderr }: Ran): string {
  if (status === 0) return stdout;
  const words = (stderr.trim() || stdout.trim()).split("\n").slice(-8).join("\n  ");
  throw new Failure(`${doing} failed:\n  ${words || `exit status ${status}`}`);
}
