import { readFileSync } from "node:fs";
import { join } from "node:path";
import { engineVersion } from "../engine/version.ts";
import { SetupError } from "./setupError.ts";

/** The folder of the Go module that pins every source of the CLI. */
export const engineModuleFolder = join(import.meta.dirname, "../engine/cli");

export interface EngineModule {
  /** The CLI's version, as `3.250.0`. */
  engineVersion: string;
  /** The Go release that the sources need, as `1.25.11`. */
  goVersion: string;
}

/** What a go.mod says; the one of the engine must agree with package.json. */
export function parseEngineModule(goMod: string): EngineModule {
  const engine = /^require github\.com\/pulumi\/pulumi\/pkg\/v3 v(\S+)$/m.exec(goMod)?.[1];
  const go = /^go (\d+\.\d+\.\d+)$/m.exec(goMod)?.[1];
  if (!engine || !go)
    throw new SetupError("tools/engine/cli/go.mod: expected a line `go` and one `require` of pulumi/pkg");
  return { engineVersion: engine, goVersion: go };
}

export function readEngineModule(): EngineModule {
  const module = parseEngineModule(readFileSync(join(engineModuleFolder, "go.mod"), "utf8"));
  if (module.engineVersion !== engineVersion) {
    throw new SetupError(
      `tools/engine/cli/go.mod builds Pulumi ${module.engineVersion}, and package.json wants ${engineVersion}: make them equal and run "go mod tidy" there.`,
    );
  }
  return module;
}
