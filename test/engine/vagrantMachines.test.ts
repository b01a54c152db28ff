import { mkdtempSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { machineCommands } from "../../components/machines/vagrant/machineCommands.ts";
import { parseTopology } from "../../topology/parse.ts";
import { vagrantConfig } from "../harness/testConfig.ts";
import { type CommandStack, commandStack } from "./support/commandStack.ts";

/** In place of `vagrant/`: its program makes and removes nothing, and writes down what it is asked for. */
const played = vi.hoisted(() => ({
  folder: "",
  tokens: new Map<string, string>(),
  starts: new Map<string, string>(),
  made: 0,
}));
vi.mock("../../base/vagrantFiles.ts", () => ({
  get vagrantFolder() {
    return played.folder;
  },
}));
vi.mock("../../components/machines/vagrant/thisMachine.ts", () => ({
  isElsewhere: () => false,
  tokenOf: (machine: string) => played.tokens.get(machine) ?? `token ${played.made++}`,
  startOf: (machine: string, _provider: string, runs: boolean) =>
    (runs && played.starts.get(machine)) || `start ${played.made++}`,
  chosenBridge: () => "br0",
}));

const program = `import { appendFileSync, writeFileSync } from "node:fs";
const [verb, name] = process.argv.slice(2);
appendFileSync(import.meta.dirname + "/journal", verb + " " + name + "\\n");
writeFileSync(import.meta.dirname + "/" + name, process.env.HAPAIR_TOKEN + "/" + process.env.HAPAIR_START);
console.log(JSON.stringify({ host: "192.168.1.10", port: 22, user: "vagrant", privateKey: "the key of " + name, hostKey: "ssh-ed25519 AAAA" }));
`;

function declared(section: object = {}, pool: object = {}, running?: ReadonlySet<string>) {
  const config = vagrantConfig();
  const [pair] = config.pairs as [object];
  const topology = parseTopology({ ...config, vagrant: section, pairs: [{ ...pair, ...pool }] });
  const { target } = topology;
  if (target.kind !== "vagrant") throw new Error("another target");
  return async () => void machineCommands(target, topology, running && { running });
}

describe("the engine and the machines of a stack", () => {
  let stack: CommandStack;
  /** What the program was asked for since the last time. Its machines have the words that it was given. */
  const asked = async () => {
    for (const name of ["db1", "haproxy1", "haproxy2"]) {
      const text = await readFile(join(played.folder, name), "utf8");
      const [token = "", start = ""] = text.split("/");
      played.tokens.set(name, token);
      played.starts.set(name, start);
    }
    const text = await readFile(join(played.folder, "journal"), "utf8").catch(() => "");
    await writeFile(join(played.folder, "journal"), "");
    return text.trim().split("\n");
  };

  beforeAll(async () => {
    played.folder = mkdtempSync(join(tmpdir(), "hapair vagrant é"));
    await writeFile(join(played.folder, "main.ts"), program);
    stack = await commandStack();
  });
  afterAll(async () => {
    await stack.remove();
    rmSync(played.folder, { recursive: true });
  });

  test("each is made after the one before, the first node last", async () => {
    await stack.up(declared());
    expect(await asked()).toEqual(["up db1", "up haproxy2", "up haproxy1"]);
  });

  test("nothing is done where nothing has changed", async () => {
    expect((await stack.up(declared())).changes).toEqual({ same: 4 });
    expect(await asked()).toEqual([""]);
  });

  test("no key of a machine is in the state in plain", async () => {
    const stored = await stack.stored();
    expect(stored).toContain("haproxy1-machine");
    expect(stored).not.toContain("the key of");
  });

  test("a changed setting of one machine runs up on it again and on no other", async () => {
    const { changes } = await stack.up(declared({ machines: { haproxy2: { memoryMb: 2048 } } }));
    expect(changes).toEqual({ same: 3, update: 1 });
    expect(await asked()).toEqual(["up haproxy2"]);
  });

  test.each([
    "gone, made anew by Vagrant itself, or as it was earlier",
    "one of which the engine was killed before it knew the login",
  ])("one that is %s comes up again, and nothing of it is removed", async (reason) => {
    if (reason.startsWith("gone")) played.tokens.delete("haproxy1");
    else played.tokens.set("haproxy1", "of the run that was killed");
    const { changes } = await stack.up(declared({ machines: { haproxy2: { memoryMb: 2048 } } }));
    expect(changes).toEqual({ same: 3, update: 1 });
    expect(await asked()).toEqual(["up haproxy1"]);
    expect((await stack.up(declared({ machines: { haproxy2: { memoryMb: 2048 } } }))).changes).toEqual({
      same: 4,
    });
    await asked();
  });

  test("one that does not run is started, and counts as before from then on", async () => {
    const section = { machines: { haproxy2: { memoryMb: 2048 } } };
    const { changes } = await stack.up(declared(section, {}, new Set(["db1", "haproxy2"])));
    expect(changes).toEqual({ same: 3, update: 1 });
    expect(await asked()).toEqual(["up haproxy1"]);
    const all = new Set(["db1", "haproxy1", "haproxy2"]);
    expect((await stack.up(declared(section, {}, all))).changes).toEqual({ same: 4 });
    await asked();
  });

  test("one that has left the config is removed", async () => {
    await stack.up(declared({}, { pool: undefined }));
    expect(await asked()).toEqual(["up haproxy2", "down db1"]);
  });
});
