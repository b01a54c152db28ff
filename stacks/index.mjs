// Plain JavaScript, so that a Node that cannot run the TypeScript of this project says what it needs.
import { RunError } from "@pulumi/pulumi";

if (!process.features.typescript) {
  throw new RunError(
    `node on PATH is ${process.version}, and this program needs 22.18 or newer, which runs TypeScript: npm ci has installed one, so run export PATH="$PWD/node_modules/node-linux-${process.arch}/bin:$PATH" in the project's folder.`,
  );
}
const { program } = await import("./program.ts");

export default program;
