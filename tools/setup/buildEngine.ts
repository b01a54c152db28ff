import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../base/failure.ts";
import { cacheFolder, engineExecutable, engineVersion } from "../engine/environment.ts";
import { goBuild } from "./goBuild.ts";

const cliPackage = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
const versionVariable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

/** Builds the official CLI from the sources that tools/engine/cli pins. */
export async function buildEngine(report: (text: string) => void): Promise<void> {
  const { engineVersion, goVersion } = readEngineModule();
  report(`Building the Pulumi CLI ${engineVersion}, about three minutes on two cores`);
  const build = {
    what: "the Pulumi CLI",
    module: engineModuleFolder,
    program: cliPackage,
    goVersion,
    linkerFlags: `-X ${versionVariable}=${engineVersion}`,
    // Some gigabytes.
    workFolder: join(cacheFolder, "engine-build"),
    executable: engineExecutable,
  };
  await goBuild(build, report);
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
