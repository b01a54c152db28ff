import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { Failure } from "../../../base/failure.ts";
import { writeAtomically } from "../../../base/files.ts";
import { clientFile, passFileLine, psqlAccess } from "../../../cli/clients/clientFiles.ts";
import { placeStackConfig, plainConfig } from "../../../cli/config/stackConfig.ts";
import { removeStack } from "../../../cli/engine/stackState.ts";
import { openHome, root } from "../../../cli/session/home.ts";
import { readYaml } from "../../../topology/yaml/readYaml.ts";

/** Text in quotes is text to every reader. */
const quoted = { defaultStringType: "QUOTE_DOUBLE" } as const;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-config-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function written(text: string): string {
  const path = join(folder, "Pulumi.some.yaml");
  writeFileSync(path, text);
  return path;
}

test("commands at once that find no home make one, with one passphrase", async () => {
  const homes = Array.from({ length: 200 }, (_, at) => join(folder, String(at)));
  const program = `
    import { readFileSync } from "node:fs";
    import { openHome } from ${JSON.stringify(join(root, "cli/session/home.ts"))};
    import { pluginHome } from ${JSON.stringify(join(root, "tools/engine/environment.ts"))};
    for (const home of ${JSON.stringify(homes)}) {
      const { passphraseFile } = openHome(pluginHome(home, "/the/plugin"));
      console.log(readFileSync(passphraseFile, "utf8"));
    }`;
  const command = () => execa(process.execPath, ["--input-type=module", "--eval", program]);
  const [first, ...others] = await Promise.all([command(), command(), command()]);
  expect(first?.stdout.split("\n").filter((line) => line.length === 43)).toHaveLength(homes.length);
  for (const { stdout } of others) expect(stdout).toBe(first?.stdout);
  expect(readdirSync(join(folder, "0")).filter((name) => name.startsWith("passphrase"))).toEqual([
    "passphrase",
  ]);
});

test("keys of another namespace are left to whom they belong", () => {
  const path = written("config:\n  hapair:target: lab\n  pulumi:tags: {team: a}\n  secrets: config\n");
  expect(plainConfig(path)).toEqual({ target: "lab", secrets: "config" });
});

test("keys whose namespace is a typing error are kept as they are, for the schema to name them", () => {
  const path = written("config:\n  hapiar:firewall: {}\n  hapair:target: lab\n  haproxy:target: lab\n");
  expect(plainConfig(path)).toEqual({ "hapiar:firewall": {}, target: "lab" });
});

test("invalid YAML is reported with file and line", () => {
  const path = written("config:\n  hapair:target: lab\n  hapair:pairs: [a\n  hapair:lab: x\n");
  expect(() => plainConfig(path)).toThrow(Failure);
  expect(() => plainConfig(path)).toThrow(`${path}:4:3: is not YAML: `);
});

test("what the Pulumi CLI would read differently is refused with file, line and column", () => {
  const path = written("config:\n  hapair:haproxy:\n    port: 05432\n");
  expect(() => plainConfig(path)).toThrow(Failure);
  expect(() => plainConfig(path)).toThrow(`${path}:3:11: is a number with a leading zero`);
});

test("one key under two names is refused: the Pulumi CLI would take either", () => {
  for (const other of ["target", "hapair:config:target"])
    expect(() => plainConfig(written(`config:\n  hapair:target: lab\n  ${other}: x\n`))).toThrow(
      `config has both hapair:target and ${other}, which are one key: remove one`,
    );
});

test("a section that is written as JSON is read as one, as the Pulumi CLI's program does", () => {
  const path = written(`config:\n  hapair:network: '{"cidr": "10.0.1.0/24"}'\n`);
  expect(plainConfig(path)).toEqual({ network: { cidr: "10.0.1.0/24" } });
});

test.for([
  ["a file without keys", "config:\n", {}],
  ["an empty file", "", {}],
] as const)("%s has no config", ([, text, config]) => {
  expect(plainConfig(written(text))).toEqual(config);
});

test.for<[string, string]>([
  ["a list", "- a\n"],
  ["a config that is a list", "config: []\n"],
  ["JSON in JSON, 2,500 times", `config:\n  hapair:lab: '${"[".repeat(2500)}${"]".repeat(2500)}'\n`],
])("%s ends in a sentence", ([, text]) => {
  expect(() => plainConfig(written(text))).toThrow(Failure);
});

test("a folder in the place of a config ends in a sentence", () => {
  expect(() => plainConfig(folder)).toThrow(/: cannot be read \(EISDIR.*\): make it a readable file$/);
});

test("the engine's copy of a config says the same to the Pulumi CLI, however a text looks", () => {
  const home = openHome(join(folder, "home"));
  const words = ["4_000", "05432", "2026-10-01", "0b11", "yes", "<<", "~", "1e3"];
  placeStackConfig(
    home,
    "some",
    written(stringify({ config: { "hapair:words": words } }, quoted)),
    undefined,
  );
  const placed = readFileSync(join(home.work, "Pulumi.some.yaml"));
  expect(readYaml(placed)).toEqual({ value: { config: { "hapair:words": words } }, problems: [] });
});

test("the engine's copy of a config has the state's salt and is never seen half written", () => {
  const home = openHome(join(folder, "home"));
  const path = written("config:\n  hapair:target: lab\n");
  placeStackConfig(home, "some", path, "v1:a");
  const placed = join(home.work, "Pulumi.some.yaml");
  const before = statSync(placed).ino;
  placeStackConfig(home, "some", path, "v1:a");
  expect(parse(readFileSync(placed, "utf8"))).toEqual({
    config: { "hapair:target": "lab" },
    encryptionsalt: "v1:a",
  });
  expect(statSync(placed).ino).not.toBe(before);
  expect(readdirSync(home.work).sort()).toEqual(["Pulumi.some.yaml", "Pulumi.yaml"]);
});

test("nothing that is known of a removed stack stays, and all that is of another, without the engine", () => {
  const home = openHome(join(folder, "home"));
  const files = (stack: string) => [
    `stacks/hapair/${stack}.json`,
    `stacks/hapair/${stack}.json.attrs`,
    `stacks/hapair/${stack}.json.bak`,
    `stacks/hapair/${stack}.json.bak.attrs`,
    `history/hapair/${stack}/${stack}-1.checkpoint.json`,
    `backups/hapair/${stack}/${stack}.1.json`,
    `locks/organization/hapair/${stack}/1.json`,
  ];
  for (const path of [...files("some"), ...files("some2")])
    writeAtomically(join(home.state, ".pulumi", path), "x");
  for (const stack of ["some", "some2"]) clientFile(home, stack, "pg.pgpass", "x");
  for (const stack of ["some", "some2"]) writeFileSync(join(home.work, `Pulumi.${stack}.yaml`), "x");
  removeStack(home, "some");
  const left = [home.state, home.clients, home.work].flatMap((root) =>
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => relative(root, join(parentPath, name))),
  );
  const others = [...files("some2").map((path) => `.pulumi/${path}`), "some2/pg.pgpass", "Pulumi.some2.yaml"];
  expect(left.sort()).toEqual(others.sort());
});

test("each pair has a password file of its own, for its owner alone", () => {
  const home = openHome(join(folder, "home"));
  const files = ["one", "two"].map((pair) => {
    const url = `postgresql://app:secret-${pair}@127.0.0.1:15432/postgres`;
    const access = psqlAccess(home, { stack: "some", name: pair }, url);
    expect(access.url).toBe("postgresql://app@127.0.0.1:15432/postgres");
    return access.passFile;
  });
  expect(files.map((file) => readFileSync(file, "utf8"))).toEqual(
    ["one", "two"].map((pair) => passFileLine("127.0.0.1", "15432", "*", "app", `secret-${pair}`)),
  );
  for (const file of files) expect(statSync(file).mode & 0o777).toBe(0o600);
});
