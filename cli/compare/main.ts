import { existsSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import * as z from "zod";
import { exitStatus } from "../../base/failure.ts";
import { stackNames } from "../config/stackSalt.ts";
import { root } from "../session/home.ts";
import { formatComparison, type Listing, type Rendered } from "./markdown.ts";

/**
 * `main.ts <base>`: prints as Markdown, for every stack, what the files of its hosts and the resources of its first
 * roll-out differ by from those of another checkout of the project. For a pull request: needs neither root, nor a lab, nor
 * an account of AWS, nor a passphrase, and each secret is `[secret]`. Exit status 1 where a stack of this checkout does
 * not render.
 */
const [base] = process.argv.slice(2);
if (!base || !existsSync(join(base, "cli/main.ts"))) {
  console.error(
    "usage: node cli/compare/main.ts BASE, where BASE is another checkout of this project with its npm packages",
  );
  process.exit(exitStatus.usage);
}

const declareProgram = "cli/compare/declareProgram.ts";
const Hosts = z.record(z.string(), z.record(z.string(), z.string()));

/** A stack's files and resources as a checkout makes them; undefined for a stack that it does not have. */
async function rendered(checkout: string, stack: string): Promise<Rendered | undefined> {
  if (!stackNames(join(checkout, "stacks")).includes(stack)) return undefined;
  const run = (...argv: string[]) =>
    execa(process.execPath, argv.with(0, join(checkout, argv[0] ?? "")), { cwd: checkout, reject: false });
  const [files, listing] = await Promise.all([
    run("cli/main.ts", "render", stack, "--json"),
    existsSync(join(checkout, declareProgram)) ? run(declareProgram, stack) : undefined,
  ]);
  for (const one of [files, listing])
    if (one !== undefined && one.exitCode !== 0) return { problem: one.stderr.trim() };
  return { hosts: Hosts.parse(JSON.parse(files.stdout)), resources: listed(listing?.stdout) };
}

function listed(listing: string | undefined): Listing {
  if (listing === undefined) return { unknown: `the checkout has no ${declareProgram}` };
  return listing === "" ? { unknown: "the stack has encrypted secrets" } : { text: listing };
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
