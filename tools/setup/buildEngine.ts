import { readFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { Failure } from "../../base/failure.ts";
import { cacheFolder, engineExecutable, engineVersion } from "../engine/environment.ts";
import { goToolchain } from "./goToolchain.ts";

/** Go's files for this build, some gigabytes. After a failure they stay, so that the next build continues. */
const workFolder = join(cacheFolder, "engine-build");

const cliPackage = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
const versionVariable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

/** Builds the official CLI from the sources that tools/engine/cli pins, and puts it in place by a rename. */
export async function buildEngine(report: (text: string) => void): Promise<void> {
  const { engineVersion, goVersion } = readEngineModule();
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
  const run = async (...args: string[]) => {
    const result = await execa(go, args, { cwd: engineModuleFolder, env, reject: false, all: true });
    if (result.exitCode !== 0) {
      const lastLines = (result.all ?? result.shortMessage ?? "").trim().split("\n").slice(-15).join("\n");
      throw new Failure(`go ${args[0]} failed while building the Pulumi CLI:\n${lastLines}`);
    }
  };

  report(`Building the Pulumi CLI ${engineVersion}, about three minutes on two cores`);
  const binary = `${engineExecutable}.new`;
  await mkdir(dirname(binary), { recursive: true });
  // Debugging data would be stripped again: without it the build takes a third less.
  const withoutDebugging = "-gcflags=all=-dwarf=false";
  const linked = `-s -w -X ${versionVariable}=${engineVersion}`;
  await run("build", withoutDebugging, "-ldflags", linked, "-o", binary, cliPackage);
  await rename(binary, engineExecutable);
  await rm(workFolder, { recursive: true, force: true });
}

/** The folder of the Go module that pins every source of the CLI. */
const engineModuleFolder = join(import.meta.dirname, "../engine/cli");

export interface EngineModule {
  /** The CLI's version, as `3.250.0`. */
  engineVersion: string;
  /** The Go release that the sources need, as `1.25.11`. */
  goVersion: string;
}

/** Reads the versions in a go.mod. @throws Failure where they are missing */
export function parseEngineModule(goMod: string): EngineModule {
  const engine = /^require github\.com\/pulumi\/pulumi\/pkg\/v3 v(\S+)$/m.exec(goMod)?.[1];
  const go = /^go (\d+\.\d+\.\d+)$/m.exec(goMod)?.[1];
  if (!engine || !go)
    throw new Failure("tools/engine/cli/go.mod: expected a line `go` and one `require` of pulumi/pkg");
  return { engineVersion: engine, goVersion: go };
}

/** The versions of the engine's module. @throws Failure where package.json wants another engine */
export function readEngineModule(): EngineModule {
  const module = parseEngineModule(readFileSync(join(engineModuleFolder, "go.mod"), "utf8"));
  if (module.engineVersion !== engineVersion) {
    throw new Failure(
      `tools/engine/cli/go.mod builds Pulumi ${module.engineVersion}, and package.json wants ${engineVersion}: make them equal and run "go mod tidy" there.`,
    );
  }
  return module;
}
