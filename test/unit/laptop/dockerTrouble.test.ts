import { expect, test } from "vitest";
import type { Ran } from "../../../agent/host/system.ts";
import { type DockerAnswers, dockerTrouble } from "../../../laptop/docker/trouble.ts";

const said = (stdout: string): Ran => ({ status: 0, stdout, stderr: "" });
const failed = (stderr: string, status = 1): Ran => ({ status, stdout: "", stderr });

/** Docker Engine with its plugin, as it answers. */
const good: DockerAnswers = {
  platform: "linux",
  version: said('{"Client":{"Version":"26.1.5"},"Server":{"Platform":{"Name":"Docker Engine - Community"}}}'),
  endpoint: said("unix:///var/run/docker.sock\n"),
  security: said('["name=apparmor","name=seccomp,profile=builtin","name=cgroupns"]'),
  compose: said("2.26.1-4\n"),
};

test("Docker Engine with its compose plugin carries the pool", () => {
  expect(dockerTrouble(good)).toBeUndefined();
  expect(dockerTrouble({ ...good, compose: said("v2.40.3\n") })).toBeUndefined();
  expect(dockerTrouble({ ...good, compose: said("5.0.1\n") })).toBeUndefined();
});

test.each<[string, Partial<DockerAnswers>, RegExp]>([
  ["no docker", { version: failed("docker: spawn docker ENOENT", 127) }, /has no docker: install both/],
  ["macOS", { platform: "darwin" }, /needs .* on Linux, .* runs darwin/],
  [
    "Docker Desktop",
    { version: said('{"Server":{"Platform":{"Name":"Docker Desktop 4.41.2 (191736)"}}}') },
    /is Docker Desktop, .* docker context use default/,
  ],
  [
    "podman in place of docker",
    { version: { ...said('{"Client":{"APIVersion":"5.4.2"}}'), stderr: "Emulate Docker CLI using podman." } },
    /docker is podman here: install both/,
  ],
  [
    "podman's socket behind docker",
    { version: said('{"Server":{"Components":[{"Name":"Podman Engine"}]}}') },
    /docker is podman here/,
  ],
  [
    "a user who may not",
    {
      version: failed(
        "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
      ),
    },
    /sudo usermod -aG docker .* log in again/,
  ],
  [
    "an engine that does not run",
    {
      version: failed(
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
      ),
    },
    /does not answer \(Cannot connect .* daemon running\): start it with sudo systemctl start docker/,
  ],
  [
    "an engine elsewhere",
    { endpoint: said("ssh://admin@server\n") },
    /elsewhere \(ssh:\/\/admin@server\).*unset DOCKER_HOST/,
  ],
  ["a rootless engine", { security: said('["name=seccomp","name=rootless"]') }, /is rootless/],
  ["an engine that remaps users", { security: said('["name=userns"]') }, /userns-remap/],
  [
    "no plugin",
    { compose: failed("docker: 'compose' is not a docker command.") },
    /docker compose is missing here/,
  ],
  [
    "the compose of Debian 12",
    { compose: said("1.29.2\n") },
    /version 1\.29\.2, and 2\.20 or newer is needed/,
  ],
  ["an old plugin", { compose: said("2.19.1\n") }, /version 2\.19\.1/],
  ["a plugin that names no version", { compose: said("dev\n") }, /version dev/],
])("%s is named in one sentence with what to do", (_, change, sentence) => {
  const trouble = dockerTrouble({ ...good, ...change });
  expect(trouble).toMatch(sentence);
  expect(trouble).not.toContain("\n");
});
