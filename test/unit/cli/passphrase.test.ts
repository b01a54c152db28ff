import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { placeStackConfig } from "../../../cli/config/stackConfig.ts";
import { keepStackFiles } from "../../../cli/config/stackSalt.ts";
import { engineFailure, isOpenedBy } from "../../../cli/engine/passphrase.ts";
import { storedStack } from "../../../cli/engine/stackState.ts";
import { type Home, openHome } from "../../../cli/session/home.ts";

/** The salt that the engine's own tests use, of the passphrase "password" (pkg/secrets/passphrase/manager_test.go). */
const salt = "v1:fozI5u6B030=:v1:F+6ZduKKd8G0/V7L:PGMFeIzwobWRKmEAzUdaQHqC5mMRIQ==";
const refused = new Error("error: getting secrets manager: incorrect passphrase, please set PULUMI_CONFIG_…");
const plain = "config:\n  hapair:target: lab\n";
const secret = `${plain}  hapair:passwords:\n    pg:\n      database:\n        secure: v1:abc\n`;

let home: Home;
let stacks: string;
beforeEach(() => {
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", undefined);
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE_FILE", undefined);
  home = openHome(mkdtempSync(join(tmpdir(), "hapair-passphrase-")));
  stacks = join(home.folder, "stacks");
  mkdirSync(stacks);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home.folder, { recursive: true });
});

function stackFile(text: string): string {
  const path = join(stacks, "Pulumi.some.yaml");
  writeFileSync(path, text);
  return path;
}

/** Writes the state that the engine keeps of the stack "some". */
function state(encode = (text: string): string | Buffer => text, ending = ""): void {
  const latest = {
    secrets_providers: { type: "passphrase", state: { salt } },
    resources: [
      { urn: "urn:pulumi:some::hapair::hapair:index:LabMachines::mylab", type: "hapair:index:LabMachines" },
    ],
  };
  const file = join(home.state, `.pulumi/stacks/hapair/some.json${ending}`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, encode(JSON.stringify({ version: 3, checkpoint: { latest } })));
}

const placed = () => parse(readFileSync(join(home.work, "Pulumi.some.yaml"), "utf8"));
const failure = (error: unknown) =>
  engineFailure(error, { name: "some", workspace: { workDir: home.work } }).message;

test("the salt that the plain Pulumi CLI wrote into a stack file without secrets is not used", () => {
  const file = stackFile(`encryptionsalt: ${salt}\n${plain}`);
  placeStackConfig(home, "some", file, undefined);
  expect(placed()).toEqual({ config: { "hapair:target": "lab" } });
  placeStackConfig(home, "some", file, "v1:of:the:state");
  expect(placed().encryptionsalt).toBe("v1:of:the:state");
});

test("secrets in a stack file are read with the salt of that file", () => {
  placeStackConfig(home, "some", stackFile(`encryptionsalt: ${salt}\n${secret}`), "v1:of:the:state");
  expect(placed().encryptionsalt).toBe(salt);
});

test("a passphrase opens a salt as in the engine", () => {
  expect(["password", "password123", ""].map((passphrase) => isOpenedBy(passphrase, salt))).toEqual([
    true,
    false,
    false,
  ]);
  expect(isOpenedBy("password", "v1:broken")).toBe(false);
});

test("a stack's resources and salt are known without the passphrase, also from a compressed state", () => {
  expect(storedStack(home, "some")).toBeUndefined();
  state((text) => gzipSync(text), ".gz");
  expect(storedStack(home, "some")?.resources.map(({ name }) => name)).toEqual(["mylab"]);
  state();
  expect(storedStack(home, "some")).toMatchObject({ salt, resources: [{ name: "mylab" }] });
  state(() => "{half");
  expect(storedStack(home, "some")).toEqual({ salt: undefined, resources: [], unknown: [] });
});

test("a wrong PULUMI_CONFIG_PASSPHRASE is named in one sentence with the remedy", () => {
  state();
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "wrong");
  expect(failure(refused)).toBe(
    `PULUMI_CONFIG_PASSPHRASE is not the passphrase of the state of the stack some in ${home.state}: set it to the right one, or unset it to use ${home.passphraseFile}, or remove the stack with npm run destroy`,
  );
});

test("a passphrase file that was replaced is named in one sentence with the remedy", () => {
  state();
  expect(failure(refused)).toBe(
    `${home.passphraseFile} is not the passphrase of the state of the stack some in ${home.state}: restore that file, set PULUMI_CONFIG_PASSPHRASE to the right one, or remove the stack with npm run destroy`,
  );
});

test("any other failure of the engine keeps its diagnostics", () => {
  state();
  expect(failure(new Error("Diagnostics:\n  error: no space left\nResources:\n  1"))).toBe(
    "error: no space left",
  );
});

test("a stack file whose only change is a salt is put back, and set secrets stay", () => {
  const path = stackFile(plain);
  const restore = keepStackFiles(stacks);
  writeFileSync(path, `encryptionsalt: ${salt}\nconfig:\n    hapair:target: lab\n`);
  restore();
  expect(readFileSync(path, "utf8")).toBe(plain);

  const withSecret = `encryptionsalt: ${salt}\n${secret}`;
  writeFileSync(path, withSecret);
  restore();
  expect(readFileSync(path, "utf8")).toBe(withSecret);
});
