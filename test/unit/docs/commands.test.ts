import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { execa } from "execa";
import { beforeAll, expect, test } from "vitest";
import { root } from "../../../cli/session/home.ts";
import packageJson from "../../../package.json" with { type: "json" };
import { codeIn, pages } from "./pages.ts";

/** Commands in the pages are commands that there are. */

/** A command of a page: where it stands, and its words after `npm run`. */
interface Named {
  readonly page: string;
  readonly script: string;
  readonly words: readonly string[];
}

const named: readonly Named[] = pages.flatMap((page) =>
  codeIn(page).flatMap((code) =>
    [...code.matchAll(/\bnpm run (?:-s )?([a-z]+)(?: -- ([^#|;&<>]*))?/g)].map(
      ([, script = "", rest = ""]) => ({
        page: page.path,
        script,
        words: rest.trim().split(/\s+/).filter(Boolean),
      }),
    ),
  ),
);
const scripts: Readonly<Record<string, string>> = packageJson.scripts;

test("every npm script in a page is one", () => {
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter(({ script }) => !(script in scripts))).toEqual([]);
});

/** The commands of `cli/`; those that hand further words on to another program know them alone. */
const cli = new Command().enablePositionalOptions();
beforeAll(async () => {
  for (const file of readdirSync(join(root, "cli/commands"))) {
    const exported: Readonly<Record<string, unknown>> = await import(join(root, "cli/commands", file));
    for (const [name, add] of Object.entries(exported))
      if (name.startsWith("add") && typeof add === "function") add(cli);
  }
});
const handingOn = ["pulumi", "psql"];
const own = () =>
  named.flatMap(({ page, script, words }) => {
    const command = cli.commands.find((one) => one.name() === script);
    return command === undefined || handingOn.includes(script) ? [] : [{ page, script, words, command }];
  });

test("every option in a page is one of its command", () => {
  const options = own().flatMap(({ page, script, words, command }) =>
    words
      .filter((word) => word.startsWith("--"))
      .map((word) => ({ page, script, word, isOne: command.options.some(({ long }) => long === word) })),
  );
  expect(options.length).toBeGreaterThan(0);
  expect(options.filter(({ isOne }) => !isOne)).toEqual([]);
});

test("every stack in a page is one that is shipped", () => {
  const stacks = own().flatMap(({ page, script, words, command }) => {
    const at = command.registeredArguments.findIndex((argument) => argument.name() === "stack");
    const stack = words[at];
    return at < 0 || stack === undefined || !/^[a-z]+$/.test(stack) ? [] : [{ page, script, stack }];
  });
  expect(stacks.length).toBeGreaterThan(20);
  expect(stacks.filter(({ stack }) => !existsSync(join(root, `stacks/Pulumi.${stack}.yaml`)))).toEqual([]);
});

test("every verb of hapair on a host is one", async () => {
  const { stdout } = await execa(process.execPath, ["agent/main.ts", "--help"], { cwd: root });
  const verbs = [...stdout.matchAll(/^ {2}hapair ([a-z-]+)/gm)].map(([, verb]) => verb);
  const used = pages.flatMap((page) =>
    codeIn(page).flatMap((code) =>
      [...code.matchAll(/(?:^|sudo |exec \w+ )hapair ([a-z-]+)/g)].map(([, verb]) => verb),
    ),
  );
  expect(used.length).toBeGreaterThan(10);
  expect(used.filter((verb) => !verbs.includes(verb))).toEqual([]);
});

/** `vagrant list-commands` of Vagrant 2.3.4 and 2.4.9, those that a stack's user needs. */
const vagrantCommands = [
  "destroy",
  "halt",
  "provision",
  "plugin",
  "reload",
  "resume",
  "snapshot",
  "ssh",
  "status",
  "suspend",
  "up",
];

test("every command of Vagrant in a page is one", () => {
  const used = pages.flatMap((page) =>
    codeIn(page).flatMap((code) =>
      [...code.matchAll(/(?:^|&& )vagrant ([a-z-]+)/g)].map(([, verb = ""]) => verb),
    ),
  );
  expect(used.length).toBeGreaterThan(10);
  expect([...new Set(used)].filter((verb) => !vagrantCommands.includes(verb))).toEqual([]);
});
