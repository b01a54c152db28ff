import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../../../cli/session/home.ts";
import packageJson from "../../../package.json" with { type: "json" };

/** The npm scripts as processes of their own, without the set-up in front of them. */
const scripts = Object.fromEntries(
  Object.entries(packageJson.scripts).map(([name, line]) => [
    name,
    line.replace(/^node tools\/bootstrap\.mjs /, "").split(" "),
  ]),
);
/** Passes its whole input to the engine's own CLI. */
const { pulumi: _, ...own } = scripts;

let folder: string;
let home: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-commands-"));
  home = join(folder, "home");
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(command: readonly string[], ...args: readonly string[]) {
  // Each is a process of its own: compiled code kept from the last one saves a third of its start.
  const env = { HAPAIR_HOME: home, NODE_COMPILE_CACHE: join(folder, "cache") };
  return execa(process.execPath, [...command, ...args], { cwd: root, env, reject: false, stdin: "ignore" });
}

test.for(Object.entries(own))(
  "npm run %s -- --help says how it is used and does nothing",
  async ([, command]) => {
    const { exitCode, stdout, stderr } = await run(command, "--help");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/^Usage: /);
    expect(existsSync(home)).toBe(false);
  },
);

test("every command without a program of its own is one of the scripts", async () => {
  const { stdout } = await run(["cli/main.ts"], "--help");
  const listed = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);
  expect(listed).toEqual(expect.arrayContaining(["start", "up", "destroy"]));
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(listed.filter((name) => name !== "help")));
});

test.for([
  ["an unknown command", "cli/main.ts nosuch"],
  ["an unknown option", "cli/main.ts status --nosuch"],
  ["an unknown option of a command that takes the lock", "cli/main.ts up --nosuch"],
  ["an unknown verb of the lab", "lab/main.ts nosuch"],
  ["an unknown option of the lab", "lab/main.ts status --nosuch"],
  ["a verb of the lab without its machine", "lab/main.ts kill"],
  ["an unknown kind of drill", "drills/main.ts nosuch"],
  ["an unknown option of a drill", "drills/main.ts --nosuch"],
  ["an unknown option of the bench", "bench/main.ts --nosuch"],
  ["an unknown kind of test", "tools/test.ts nosuch"],
  ["an unknown option of the tests", "tools/test.ts --nosuch"],
])("%s ends with status 2 and one sentence on stderr", async ([, command = ""]) => {
  const { exitCode, stdout, stderr } = await run(command.split(" "));
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toMatch(/^error: .*$/);
});

test("two commands that change a stack wait for each other, and a killed one is waited for no longer", async () => {
  mkdirSync(home, { recursive: true });
  const hold = ["--no-fork", join(home, "lock"), "sh", "-c", "echo held; exec sleep 60"];
  const holder = spawn("flock", hold, { stdio: ["ignore", "pipe", "inherit"] });
  await once(holder.stdout, "data");
  const waiting = run(["cli/main.ts"], "up", "nosuch");
  const said: string[] = [];
  for await (const line of waiting.iterable({ from: "stderr" })) {
    said.push(line);
    if (said.length === 1) holder.kill("SIGKILL");
  }
  expect(said).toEqual([
    "another command is running on this stack: waiting for it to end",
    "no stack named nosuch: stacks/Pulumi.nosuch.yaml does not exist",
  ]);
  expect((await waiting).exitCode).toBe(1);
});
