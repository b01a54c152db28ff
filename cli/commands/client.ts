import { join } from "node:path";
import type { Command } from "commander";
import { execa } from "execa";
import { writeAtomically } from "../../base/files.ts";
import packageJson from "../../package.json" with { type: "json" };
import { root } from "../session/home.ts";

const compiler = join(root, "node_modules/typescript7/bin/tsc");
const folder = join(root, "dist/client");

export function addClient(program: Command): void {
  program
    .command("client")
    .description("make hapair/client, with which a program changes routes, as a package in dist/client")
    .action(async () => {
      await makeClient();
      console.log(`in your program's folder: npm install ${folder}`);
    });
}

/**
 * A package of its own: it needs nothing of this project's dependencies. Plain JavaScript for Node 18, with its types.
 */
async function makeClient(): Promise<void> {
  await execa(process.execPath, [compiler, "--project", join(root, "client")], { stdio: "inherit" });
  const { name, version, license, type } = packageJson;
  const manifest = {
    ...{ name, version, license, type },
    description: "The routes of a hapair pair, for programs",
    engines: { node: ">=18" },
    exports: { "./client": { types: "./index.d.ts", default: "./index.js" } },
  };
  writeAtomically(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`, 0o644);
}
