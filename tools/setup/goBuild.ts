import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { Failure } from "../../base/failure.ts";
import { goToolchain } from "./goToolchain.ts";

export interface GoBuild {
  /** What it is, for a person. */
  readonly what: string;
  /** Folder of the Go module that pins every source of it. */
  readonly module: string;
  /** The program's package. */
  readonly program: string;
  /** Go that its sources need, as `1.25.11`. */
  readonly goVersion: string;
  readonly linkerFlags: string;
  /** Go's own files for this build. After a failure they stay, so that the next build continues. */
  readonly workFolder: string;
  readonly executable: string;
}

/** Builds a program from the sources that a Go module of ours pins, and puts it in place by a rename. @throws Failure */
export async function goBuild(build: GoBuild, report: (text: string) => void): Promise<void> {
  const { what, module, program, goVersion, linkerFlags, workFolder, executable } = build;
  const env = {
    GOMODCACHE: join(workFolder, "modules"),
    GOCACHE: join(workFolder, "objects"),
    // Otherwise modules are write-protected and cannot be removed.
    GOFLAGS: "-modcacherw",
    GOTOOLCHAIN: "local",
    GOROOT: "",
    // No C compiler needed.
    CGO_ENABLED: "0",
  };
  const go = await goToolchain(goVersion, env, report);
  const partial = `${executable}.new`;
  await mkdir(dirname(executable), { recursive: true });
  // Debugging data would be stripped again: without it the build takes a third less.
  const withoutDebugging = "-gcflags=all=-dwarf=false";
  const args = ["build", withoutDebugging, "-ldflags", `-s -w ${linkerFlags}`, "-o", partial, program];
  const result = await execa(go, args, { cwd: module, env, reject: false, all: true });
  if (result.exitCode !== 0) {
    const lastLines = (result.all ?? result.shortMessage ?? "").trim().split("\n").slice(-15).join("\n");
    throw new Failure(`go build failed while building ${what}:\n${lastLines}`);
  }
  await rename(partial, executable);
  await rm(workFolder, { recursive: true, force: true });
}
