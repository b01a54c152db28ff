import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Failure } from "../../base/failure.ts";
import type { NetworkSpec } from "../../contract/lab.ts";
import { imageRoot } from "../paths.ts";
import { progress } from "../process/run.ts";

const suite = "trixie";
const customize = fileURLToPath(new URL("customizeBase.sh", import.meta.url));

/** Packages of every machine, whatever runs on it. */
const systemPackages = [
  ...["ca-certificates", "curl", "dbus", "iproute2", "iputils-ping", "openssh-server", "procps", "psmisc"],
  ...["python3-minimal", "sudo", "systemd", "systemd-sysv"],
];

type ImageSpec = Pick<NetworkSpec, "packages" | "user">;

/** mmdebstrap's arguments, apart from the folder to fill: they decide what is in an image. */
export function imageRecipe({ packages }: Pick<ImageSpec, "packages">): string[] {
  const include = [...new Set([...systemPackages, ...packages])].sort();
  return [
    ...["--mode=root", "--variant=minbase", `--include=${include.join(",")}`],
    ...['--aptopt=APT::Install-Recommends "false"', '--aptopt=Acquire::Languages "none"'],
    ...["man", "locale", "doc"].map((folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`),
    "--dpkgopt=force-unsafe-io",
    // No daemon starts when its package is installed.
    `--setup-hook=mkdir -p "$1/usr/sbin"; printf '#!/bin/sh\\nexit 101\\n' > "$1/usr/sbin/policy-rc.d"; chmod 755 "$1/usr/sbin/policy-rc.d"`,
    '--customize-hook=sh "$LAB_CUSTOMIZE" "$1"',
    suite,
  ];
}

/** Folder of the image for this spec, named by a hash of everything that decides its content. */
export function imagePath(spec: ImageSpec): string {
  const content = JSON.stringify([imageRecipe(spec), spec.user, readFileSync(customize, "utf8")]);
  return `${imageRoot}/base-${createHash("sha256").update(content).digest("hex").slice(0, 16)}`;
}

/** The build mounts /proc, /sys and /dev. In a mount namespace of its own they go with it, even where it is killed: the
 * next build deletes what it left. */
const isolated = ["unshare", "--mount", "--propagation", "private", "sh", "-c"];

/** `$0` is the image. The build itself holds the lock, because it goes on where its caller is killed. */
const build = `[ -e "$0" ] && exit
rm -rf --one-file-system "$(dirname "$0")"/*.partial &&
mmdebstrap "$@" "$0.partial" && mv "$0.partial" "$0"`;

/** Builds the image where it is missing; returns its folder. One build at a time on a host. */
export async function baseImage(spec: ImageSpec): Promise<string> {
  const image = imagePath(spec);
  if (existsSync(image)) return image;
  progress("building the machines' base image, once: this takes a minute or two …");
  mkdirSync(imageRoot, { recursive: true });
  const log = `${image}.log`;
  const started = Date.now();
  const beat = setInterval(() => progress(`… ${Math.round((Date.now() - started) / 1000)} s`), 10_000);
  // The log file itself, not a pipe through this process: a broken pipe would end the build with its caller.
  const output = openSync(log, "a");
  const argv = [`${imageRoot}/build.lock`, ...isolated, build, image, ...imageRecipe(spec)];
  const building = spawn("flock", argv, {
    stdio: ["ignore", output, output],
    env: { ...process.env, LAB_USER: spec.user, LAB_CUSTOMIZE: customize },
  });
  closeSync(output);
  await once(building, "exit").finally(() => clearInterval(beat));
  if (!existsSync(image))
    throw new Failure(`The base image could not be built; ${log} ends with:\n${tail(log)}`);
  return image;
}

function tail(log: string): string {
  return readFileSync(log, "utf8").trimEnd().split("\n").slice(-12).join("\n");
}
