import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { stringify } from "yaml";
import { Failure } from "../../../base/failure.ts";
import { checkSecrets } from "../../../cli/config/checkedConfig.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { labConfig } from "../fixtures.ts";

let workDir: string;
let decryptions: number;
beforeEach(() => {
  workDir = mkdtempSync(join(tmpdir(), "hapair-secrets-"));
  decryptions = 0;
});
afterEach(() => rmSync(workDir, { recursive: true }));

/** Checks the lab's config with these keys, of which the file has the last ones encrypted. */
function check(plain: Record<string, unknown>, secrets: Record<string, unknown> = {}): Promise<void> {
  const encrypted = Object.entries(secrets).map(([key]) => [`hapair:${key}`, { secure: "v1:x" }]);
  writeFileSync(
    join(workDir, "Pulumi.lab.yaml"),
    stringify({ config: { ...plain, ...Object.fromEntries(encrypted) } }),
  );
  const getAllConfig = async () => {
    decryptions += 1;
    const all = Object.entries({ ...plain, ...secrets });
    return Object.fromEntries(
      all.map(([key, value]) => [
        `hapair:${key}`,
        { value: typeof value === "string" ? value : JSON.stringify(value) },
      ]),
    );
  };
  return checkSecrets(
    { name: "lab", workspace: { workDir }, getAllConfig },
    parseTopology({ ...labConfig(), ...plain }),
  );
}

const passwords = { pg: { database: "one", probe: "two", stats: "three" } };

test("a stack that generates its secrets costs no time, and neither does one that lacks them all", async () => {
  await check({});
  await expect(check({ secrets: "config" })).rejects.toThrow(Failure);
  expect(decryptions).toBe(0);
});

test("every secret that is missing is named before the engine runs, each with its remedy", async () => {
  const problems = await check({ secrets: "config" }).catch(String);
  for (const name of ["database", "probe", "stats"])
    expect(problems).toContain(
      `passwords.pg.${name}: is missing: npm run pulumi -- config set --secret --path 'hapair:passwords.pg.${name}'`,
    );
  expect(problems).toMatch(/stacks\/Pulumi\.lab\.yaml: the stack's config has 3 problems:/);
});

test("an encrypted secret is judged by its value, which no message has in it", async () => {
  await check({ secrets: "config" }, { passwords });
  const broken = { pg: { ...passwords.pg, probe: "broken\nline" } };
  const problems = await check({ secrets: "config" }, { passwords: broken }).catch(String);
  expect(problems).toContain("passwords.pg.probe: has a control character or line break");
  expect(problems).not.toContain("broken\nline");
  expect(decryptions).toBe(2);
});

test("an unused secret is refused where all others are generated", async () => {
  await expect(check({}, { passwords })).rejects.toThrow("passwords: set, but `secrets` is `generated`");
});
