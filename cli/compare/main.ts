import { existsSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import * as z from "zod";
import { exitStatus } from "../../base/failure.ts";
import { stackNames } from "../config/stackSalt.ts";
import { root } from "../session/home.ts";
import { formatComparison, type Rendered } from "./markdown.ts";

/**
 * `main.ts <base>`: prints as Markdown, for every stack, what the files of its hosts differ by from those that another
 * checkout of the project renders. For a pull request: needs neither root, nor a lab, nor a passphrase, and each secret
 * is `[secret]`. Exit status 1 where a stack of this checkout does not render.
 */
const [base] = process.argv.slice(2);
if (!base || !existsSync(join(base, "cli/main.ts"))) {
  console.error(
    "usage: node cli/compare/main.ts BASE, where BASE is another checkout of this project with its npm packages",
  );
  process.exit(exitStatus.usage);
}

const Hosts = z.record(z.string(), z.record(z.string(), z.string()));

/** The files of a stack's hosts as a checkout renders them; undefined for a stack that it does not have. */
async function rendered(checkout: string, stack: string): Promise<Rendered | undefined> {
  if (!stackNames(join(checkout, "stacks")).includes(stack)) return undefined;
  const argv = [join(checkout, "cli/main.ts"), "render", stack, "--json"];
  const { exitCode, stdout, stderr } = await execa(process.execPath, argv, { cwd: checkout, reject: false });
  return exitCode === 0 ? { hosts: Hosts.parse(JSON.parse(stdout)) } : { problem: stderr.trim() };
}

const names = new Set([base, root].flatMap((checkout) => stackNames(join(checkout, "stacks"))));
let failed = false;
for (const stack of [...names].sort()) {
  const [before, after] = await Promise.all([rendered(base, stack), rendered(root, stack)]);
  console.log(formatComparison(stack, before, after));
  if (after && "problem" in after) {
    failed = true;
    console.error(after.problem);
  }
}
process.exitCode = failed ? exitStatus.failed : exitStatus.ok;
