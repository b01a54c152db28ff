import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { root } from "../../cli/home.ts";

/** Notes how it is called; the command that it is to run as root ends with 7. */
const sudo = `#!/bin/sh
echo "$HAPAIR_HOME: $*" >> "$HOME/journal"
case "$*" in *node*) echo "compiled code: \${NODE_COMPILE_CACHE:-not kept}"; exit 7; esac
`;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "hapair-sudo-"));
});
afterEach(() => rmSync(home, { recursive: true }));

/** Runs a statement on these modules as a user who is not root, with no programs but a sudo of ours. */
function asUser(statement: string) {
  const script = `const { becomeRoot } = await import("${root}/lab/becomeRoot.ts");
    const { becomeRootHere } = await import("${root}/tools/becomeRootHere.ts");
    ${statement}; console.log("goes on");`;
  return run("--input-type=module", "--eval", script, "--", "polite", "--rounds", "3");
}

function run(...args: readonly string[]) {
  const user = "data:text/javascript,process.getuid = () => 1000; process.getgid = () => 1001";
  const env = {
    HOME: home,
    PATH: home,
    HAPAIR_HOME: "/some/home",
    NODE_COMPILE_CACHE: join(home, "compiled"),
  };
  return execa(process.execPath, ["--import", user, ...args], { env, extendEnv: false, reject: false });
}

function withSudo(): () => string[] {
  writeFileSync(join(home, "sudo"), sudo);
  chmodSync(join(home, "sudo"), 0o755);
  return () => readFileSync(join(home, "journal"), "utf8").trim().split("\n");
}

const again = `/some/home: -n --preserve-env ${process.execPath} polite --rounds 3`;

test("a user's command becomes the same as root, with the user's environment but for where compiled code is kept, and its status is the command's", async () => {
  const journal = withSudo();
  const { exitCode, stdout } = await asUser("becomeRoot()");
  expect({ exitCode, stdout }).toEqual({ exitCode: 7, stdout: "compiled code: not kept" });
  expect(journal()).toEqual(["/some/home: -n true", again]);
});

test("what root has written in the checkout and the user's caches is given to the user, whatever the command's end", async () => {
  const journal = withSudo();
  const { exitCode } = await asUser("becomeRootHere()");
  expect(exitCode).toBe(7);
  const folders = [root, ...[".pulumi", ".cache/hapair", ".npm"].map((name) => join(home, name))];
  const give = "-n chown --recursive --no-dereference --from=root 1000:1001";
  expect(journal()).toEqual(["/some/home: -n true", again, `/some/home: ${give} ${folders.join(" ")}`]);
  expect(folders.filter((folder) => !existsSync(folder))).toEqual([]);
});

test("a user without sudo is told, and nothing is run", async () => {
  const { exitCode, stdout, stderr } = await asUser("becomeRootHere()");
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  expect(stderr).toContain("run this as root, or let sudo work without a password");
});

test.each([[], ["engine"], ["unit", "lab"], ["drill"]])(
  "npm test becomes root before anything for %j",
  async (...kinds) => {
    const journal = withSudo();
    const { exitCode, stderr } = await run("tools/test.ts", ...kinds);
    expect({ exitCode, stderr }).toEqual({ exitCode: 7, stderr: "" });
    expect(journal()[1]).toContain(["tools/test.ts", ...kinds].join(" "));
  },
);
