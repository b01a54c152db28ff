import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { root } from "../../../cli/session/home.ts";

/** Notes how it is called; the command that it is to run as root ends with 7. */
const sudo = (work: string) => `#!/bin/sh
echo "$HAPAIR_HOME: $*" >> "$HOME/journal"
case "$*" in *node*) ${work}; echo "caches: $NODE_COMPILE_CACHE\${npm_config_cache:-root's}, engine: \${PULUMI_HOME:-any}"; exit 7; esac
`;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "hapair-sudo-"));
});
afterEach(() => rmSync(home, { recursive: true }));

/** Calls a module's function as a command of a user who is not root, with no programs but a sudo of ours. */
function asUser(module: string, call: string) {
  const script = `import { tellFailure } from "${root}/cli/session/output.ts";
    import * as module from "${root}/${module}";
    try {
      await module.${call};
      console.log("goes on");
    } catch (error) {
      process.exitCode = tellFailure(error);
    }`;
  return run("--input-type=module", "--eval", script, "--", "polite", "--rounds", "3");
}

function run(...args: readonly string[]) {
  const env = {
    HOME: home,
    PATH: home,
    HAPAIR_HOME: "/some/home",
    NODE_COMPILE_CACHE: join(home, "compiled"),
    npm_config_cache: join(home, ".npm"),
    NODE_OPTIONS: "--import=data:text/javascript,process.getuid=()=>1000;process.getgid=()=>1001",
  };
  return execa(process.execPath, args, { env, extendEnv: false, reject: false });
}

function withSudo(work = ":"): () => string[] {
  writeFileSync(join(home, "sudo"), sudo(work));
  chmodSync(join(home, "sudo"), 0o755);
  return () => readFileSync(join(home, "journal"), "utf8").trim().split("\n");
}

const again = `/some/home: -n --preserve-env --set-home ${process.execPath} polite --rounds 3`;

test("a user's command becomes the same as root, with the user's environment but for HOME and caches, and its status is the command's", async () => {
  const journal = withSudo();
  const { exitCode, stdout } = await asUser("base/becomeRoot.ts", "becomeRoot()");
  expect({ exitCode, stdout }).toEqual({ exitCode: 7, stdout: "caches: root's, engine: any" });
  expect(journal()).toEqual(["/some/home: -n true", again]);
});

test("what root has written in the checkout and beside the user's engine, which it runs, is given to the user, whatever the command's end", async () => {
  const journal = withSudo();
  const engines = join(home, ".pulumi");
  mkdirSync(engines);
  const { exitCode, stdout } = await asUser("tools/becomeRootHere.ts", "becomeRootHere()");
  expect({ exitCode, stdout }).toEqual({
    exitCode: 7,
    stdout: `caches: root's, engine: ${engines}`,
  });
  const give = "-n chown --recursive --no-dereference --from=root 1000:1001";
  expect(journal()).toEqual(["/some/home: -n true", again, `/some/home: ${give} ${root} ${engines}`]);
});

test("^C and a closed terminal reach root's command by themselves: what it leaves is still given to the user", async () => {
  const journal = withSudo('echo "root at work"; read line');
  const program = asUser("tools/becomeRootHere.ts", "becomeRootHere()");
  await once(program.stdout, "data");
  for (const signal of ["SIGINT", "SIGHUP"] as const) program.kill(signal);
  program.stdin.end("done\n");
  expect((await program).exitCode).toBe(7);
  expect(journal().at(-1)).toContain("chown");
});

test.each([
  ["a verb of the lab", "base/becomeRoot.ts", "becomeRoot()", ""],
  ["a command", "tools/becomeRootHere.ts", "becomeRootHere()", ""],
  ["a command that asks the lab", "cli/targets/lab/lab.ts", 'labState("some")', "lab: "],
])("a user without sudo is told so once, by %s", async (_, module, call, prefix) => {
  const { exitCode, stdout, stderr } = await asUser(module, call);
  const sentence = "Only root can make machines; run this as root, or let sudo work without a password.";
  // On a busy machine it is told what is waited for, too.
  const told = stderr.replace(/^asking the lab.*$/m, "").trim();
  expect({ exitCode, stdout, told }).toEqual({ exitCode: 1, stdout: "", told: prefix + sentence });
});

test.each(["", "engine", "unit lab", "ec2", "drill"])(
  "npm test -- %s: becomes root before anything",
  async (kinds) => {
    const journal = withSudo();
    const command = ["tools/test.ts", ...kinds.split(" ").filter(Boolean)];
    const { exitCode, stderr } = await run(...command);
    expect({ exitCode, stderr }).toEqual({ exitCode: 7, stderr: "" });
    expect(journal()[1]).toContain(command.join(" "));
  },
);
