import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { NetworkSpec } from "../../contract/lab.ts";
import { imageRoot } from "../paths.ts";
import { buildOnce } from "./buildOnce.ts";

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

/** Builds the image where it is missing; returns its folder. */
export async function baseImage(spec: ImageSpec): Promise<string> {
  const path = imagePath(spec);
  await buildOnce({
    path,
    what: "the machines' base image",
    script: 'mmdebstrap "$@" "$0"',
    args: imageRecipe(spec),
    env: { LAB_USER: spec.user, LAB_CUSTOMIZE: customize },
  });
  return path;
}
