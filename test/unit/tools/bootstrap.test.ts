import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { root } from "../../../cli/session/home.ts";

/** A project with the real bootstrap, in which npm and the machine's set-up only note that they ran. */
let project: string;
let programs: string;
const file = (path: string) => join(project, path);

const npm = `#!/bin/sh
echo "npm $*" >> journal
own=node_modules/node-${process.platform}-${process.arch}/bin
mkdir -p node_modules/.bin $own
ln -sf "${process.execPath}" $own/node
`;
const setup = `import { appendFileSync, writeFileSync } from "node:fs";
const [stamp, key] = process.argv.slice(2);
appendFileSync("journal", "set-up\\n");
writeFileSync("installed", "");
writeFileSync(stamp, JSON.stringify({ key, files: [process.cwd() + "/installed"] }));
`;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "hapair-bootstrap-"));
  programs = file("programs");
  for (const folder of ["programs", "tools/setup"]) mkdirSync(file(folder), { recursive: true });
  cpSync(join(root, "tools/bootstrap.mjs"), file("tools/bootstrap.mjs"));
  writeFileSync(file("tools/setup/main.ts"), setup);
  writeFileSync(file("package-lock.json"), "{}");
  writeFileSync(file("entry.ts"), `console.log("ran", ...process.argv.slice(2)); process.exit(7);`);
  writeFileSync(join(programs, "npm"), npm);
  chmodSync(join(programs, "npm"), 0o755);
});
afterEach(() => rmSync(project, { recursive: true }));

/** Runs the entry and tells what the set-up did for it. */
async function run(path: string, ...args: readonly string[]) {
  rmSync(file("journal"), { force: true });
  const command = ["tools/bootstrap.mjs", "entry.ts", ...args];
  const { exitCode, stdout } = await execa(process.execPath, command, {
    cwd: project,
    env: { PATH: path },
    extendEnv: false,
    reject: false,
  });
  const did = existsSync(file("journal")) ? readFileSync(file("journal"), "utf8").trim().split("\n") : [];
  return { exitCode, stdout, did };
}
const withPrograms = () => run([programs, process.env.PATH].join(delimiter), "argument");
const ran = { exitCode: 7, stdout: "ran argument" };
const npmCi = "npm ci --ignore-scripts --no-audit --no-fund --loglevel=error";

test("the first command sets everything up; the next does nothing of that, and needs neither npm nor apt nor flock", async () => {
  expect(await withPrograms()).toEqual({ ...ran, did: [npmCi, "set-up"] });
  expect(await run("/nowhere", "argument")).toEqual({ ...ran, did: [] });
});

test.each([
  [
    "a changed lock file installs the packages, and looks at the machine again",
    "package-lock.json",
    [npmCi, "set-up"],
  ],
  ["a changed set-up looks at the machine again", "tools/setup/main.ts", ["set-up"]],
])("%s", async (_, path, did) => {
  await withPrograms();
  writeFileSync(file(path), `${readFileSync(file(path), "utf8")}\n`);
  expect(await withPrograms()).toEqual({ ...ran, did });
  expect(await run("/nowhere", "argument")).toEqual({ ...ran, did: [] });
});

test("a file of the set-up that went missing is put back", async () => {
  await withPrograms();
  rmSync(file("installed"));
  expect(await withPrograms()).toEqual({ ...ran, did: ["set-up"] });
});

test("a question about a command, and the doctor, need the packages alone", async () => {
  const path = [programs, process.env.PATH].join(delimiter);
  expect(await run(path, "--help")).toEqual({ exitCode: 7, stdout: "ran --help", did: [npmCi] });
  expect(await run(path, "doctor")).toEqual({ exitCode: 7, stdout: "ran doctor", did: [] });
});

test("Vagrant makes no machine before everything is set up that delivers to it", async () => {
  const path = [programs, process.env.PATH].join(delimiter);
  expect((await run(path, "vagrant")).did).toEqual([npmCi, "set-up"]);
});
