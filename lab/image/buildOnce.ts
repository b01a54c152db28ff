import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { Failure } from "../../base/failure.ts";
import { imageRoot } from "../paths.ts";
import { progress } from "../process/run.ts";

interface Build {
  /** What is made, in the cache of images. */
  readonly path: string;
  /** What it is, for a person. */
  readonly what: string;
  /** A shell's; `$0` is the path plus `.partial`, and the rest of `args` are `$@`. */
  readonly script: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The build mounts /proc, /sys and /dev. In a mount namespace of its own they go with it, even where it is killed: the
 * next build deletes what it left. */
const isolated = ["unshare", "--mount", "--propagation", "private", "sh", "-c"];

/** `$0` is the path, `$1` the script. The build itself holds the lock, because it goes on where its caller is killed. */
const guarded = `[ -e "$0" ] && exit
script=$1
shift
rm -rf --one-file-system "$(dirname "$0")"/*.partial &&
sh -c "$script" "$0.partial" "$@" && mv "$0.partial" "$0"`;

/** Makes an image where it is missing. One build at a time on a host. */
export async function buildOnce({ path, what, script, args, env }: Build): Promise<void> {
  if (existsSync(path)) return;
  progress(`building ${what}, once: this takes a minute or two …`);
  mkdirSync(imageRoot, { recursive: true });
  const log = `${path}.log`;
  const started = Date.now();
  const beat = setInterval(() => progress(`… ${Math.round((Date.now() - started) / 1000)} s`), 10_000);
  // The log file itself, not a pipe through this process: a broken pipe would end the build with its caller.
  const output = openSync(log, "a");
  const building = spawn("flock", [`${imageRoot}/build.lock`, ...isolated, guarded, path, script, ...args], {
    stdio: ["ignore", output, output],
    env: { ...process.env, ...env },
  });
  closeSync(output);
  await once(building, "exit").finally(() => clearInterval(beat));
  if (!existsSync(path)) throw new Failure(`Could not build ${what}; ${log} ends with:\n${tail(log)}`);
}

function tail(log: string): string {
  return readFileSync(log, "utf8").trimEnd().split("\n").slice(-12).join("\n");
}
