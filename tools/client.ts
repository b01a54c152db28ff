import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { writeAtomically } from "../base/files.ts";
import packageJson from "../package.json" with { type: "json" };

/**
 * `npm run client`: the client for programs, as a package of its own in `dist/client`. It needs nothing of this project's
 * dependencies: plain JavaScript for Node 18, with its types.
 */

const root = join(import.meta.dirname, "..");
const compiler = join(root, "node_modules/typescript7/bin/tsc");
const { status } = spawnSync(process.execPath, [compiler, "--project", join(root, "client")], {
  stdio: "inherit",
});
if (status !== 0) process.exit(status ?? 1);

const { name, version, license, type } = packageJson;
const folder = join(root, "dist/client");
const manifest = {
  ...{ name, version, license, type },
  description: "The routes of a hapair pair, for programs",
  engines: { node: ">=18" },
  exports: { "./client": { types: "./index.d.ts", default: "./index.js" } },
};
writeAtomically(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`, 0o644);
console.log(`${folder} is the package: in your program's folder, npm install ${folder}`);
