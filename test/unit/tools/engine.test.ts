import { existsSync, mkdtempSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import packageJson from "../../../package.json" with { type: "json" };
import {
  commandPluginVersion,
  engineEnvironment,
  engineVersion,
  pluginHome,
} from "../../../tools/engine/environment.ts";
import { commandProvider } from "../../../tools/provider/commandProvider.ts";
import { parseEngineModule, readEngineModule } from "../../../tools/setup/buildEngine.ts";
import { isAtLeast } from "../../../tools/setup/goToolchain.ts";

test("the engine runs programs on the project's own Node, whichever is on PATH", async () => {
  const { stdout } = await execa("node", ["--version"], { env: engineEnvironment(), preferLocal: false });
  expect(stdout).toBe(process.version);
  const [, node = ""] = engineEnvironment().PATH?.split(delimiter) ?? [];
  expect(existsSync(join(node, "node"))).toBe(true);
});

describe("versions", () => {
  test("of SDK, CLI package and Go module are one", () => {
    expect(packageJson.dependencies.pulumi).toBe(engineVersion);
    expect(readEngineModule().engineVersion).toBe(engineVersion);
  });

  test("of the command SDK and our plugin are one", () => {
    expect(commandProvider.version).toBe(commandPluginVersion);
  });

  test.each([
    ["1.25.11", "1.25.11", true],
    ["1.26", "1.25.11", true],
    ["1.25.3", "1.25.11", false],
    ["1.19.8", "1.25.11", false],
    ["1.25rc1", "1.25.1", false],
  ])("Go %s is at least %s: %s", (version, wanted, expected) => {
    expect(isAtLeast(version, wanted)).toBe(expected);
  });

  test("are read from a go.mod, and one that does not name them is refused", () => {
    const goMod = "module m\n\ngo 1.25.11\n\nrequire github.com/pulumi/pulumi/pkg/v3 v3.250.0\n";
    expect(parseEngineModule(goMod)).toEqual({ engineVersion: "3.250.0", goVersion: "1.25.11" });
    expect(() => parseEngineModule("module m\n")).toThrow("tools/engine/cli/go.mod");
  });
});

test("a PULUMI_HOME follows the plugin's executable when that moves", () => {
  const folder = mkdtempSync(join(tmpdir(), "hapair-home-"));
  try {
    const link = join(folder, `plugins/resource-command-v${commandPluginVersion}/pulumi-resource-command`);
    for (const executable of ["/old/plugin", "/new/plugin", "/new/plugin"]) {
      expect(pluginHome(folder, executable)).toBe(folder);
      expect(readlinkSync(link)).toBe(executable);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
