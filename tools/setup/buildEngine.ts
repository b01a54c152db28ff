import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { cacheFolder, engineExecutable } from "../engine/paths.ts";
import { engineModuleFolder, readEngineModule } from "./engineModule.ts";
import { goToolchain } from "./goToolchain.ts";
import { SetupError } from "./setupError.ts";

/** Go's files for this one build, gigabytes of them: kept after a failure so that the next try goes on, then removed. */
const workFolder = join(cacheFolder, "engine-build");

const cliPackage = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
const versionVariable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

/** Builds the official CLI from the sources that tools/engine/cli pins, and puts it in place in one step. */
export async function buildEngine(report: (text: string) => void): Promise<void> {
  const { engineVersion, goVersion } = readEngineModule();
  const env = {
    GOMODCACHE: join(workFolder, "modules"),
    GOCACHE: join(workFolder, "objects"),
    // Modules are write-protected otherwise, and could not be removed.
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
      throw new SetupError(`go ${args[0]} failed while building the Pulumi CLI:\n${lastLines}`);
    }
  };

  report(`Building the Pulumi CLI ${engineVersion}, about three minutes on two cores`);
  const binary = `${engineExecutable}.new`;
  await mkdir(dirname(binary), { recursive: true });
  // What the linker would strip again need not be made: a third of the time.
  const withoutDebugging = "-gcflags=all=-dwarf=false";
  const linked = `-s -w -X ${versionVariable}=${engineVersion}`;
  await run("build", withoutDebugging, "-ldflags", linked, "-o", binary, cliPackage);
  await rename(binary, engineExecutable);
  await rm(workFolder, { recursive: true, force: true });
}
