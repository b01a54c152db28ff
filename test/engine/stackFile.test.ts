import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engineEnvironment, engineExecutable } from "../../tools/engine/environment.ts";
import { readYaml } from "../../topology/yaml/readYaml.ts";

/** Words without quotes that both readers take for the same. */
const alike = [
  ...["5432", "-1", "+5", "0", "08", "0x1F", "0o17", "1.50", ".5", "5.", "1e3", "9007199254740993"],
  ...["10.0.1.20", "10.0.1.0/24", "https://1.1.1.1", "12:30", "1:30:00", "_7", "0xg", "1.2.3", "2026-10"],
  ...[
    "yes",
    "no",
    "on",
    "y",
    "true",
    "True",
    "null",
    "~",
    "caf\u00e9",
    "a b # c",
    "'05'",
    '"4_000"',
    '"\\u00e9"',
  ],
  ...["[a, 1]", "{a: 1, b: [c]}", "|\n      x\n      y\n", ">-\n      x\n      y\n", "&x 1", "*x"],
];

/** Values that they take for different ones. */
const unlike = ["05432", "-017", "4_000", "0x1_F", "0b11", "-0o17", "0X1F", "2026-10-01", "{<<: {a: 1}}"];

describe("of a stack's config", () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "hapair-stack-file-"));
    writeFileSync(join(folder, "Pulumi.yaml"), "name: hapair\nruntime: nodejs\n");
    await pulumi("stack", "init", "some");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function pulumi(...args: string[]): Promise<string> {
    const env = {
      ...engineEnvironment(),
      PULUMI_BACKEND_URL: `file://${folder}`,
      PULUMI_CONFIG_PASSPHRASE: "passphrase",
    };
    const { stdout } = await execa(engineExecutable, ["--non-interactive", ...args], { cwd: folder, env });
    return stdout;
  }

  const config = (words: readonly string[]) =>
    `config:\n  hapair:words:\n${words.map((word) => `    - ${word}\n`).join("")}`;

  /** What the Pulumi CLI hands to a program. */
  async function read(words: readonly string[]): Promise<unknown> {
    const path = join(folder, "Pulumi.other.yaml");
    writeFileSync(path, config(words));
    const values = JSON.parse(await pulumi("config", "--json", "--stack", "some", "--config-file", path));
    return JSON.parse(values["hapair:words"].value);
  }

  test("the Pulumi CLI reads the same as hapair", async () => {
    const { value, problems } = readYaml(Buffer.from(config(alike)));
    expect(problems).toEqual([]);
    expect(value).toEqual({ config: { "hapair:words": await read(alike) } });
  });

  test("what the Pulumi CLI reads as something else is refused", async () => {
    const { problems } = readYaml(Buffer.from(config(unlike)));
    expect(problems.map((problem) => Number(problem.split(":")[0]) - 3)).toEqual(
      unlike.map((_, index) => index),
    );
    expect(await read(unlike)).toEqual([
      2842,
      -15,
      4000,
      31,
      3,
      -15,
      31,
      expect.stringContaining(" 00:00:00"),
      { a: 1 },
    ]);
  });
});
