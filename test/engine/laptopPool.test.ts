import { readdirSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { LaptopPool } from "../../components/LaptopPool.ts";
import { RollOut } from "../../components/RollOut.ts";
import { secretsOf } from "../../render/secrets.ts";
import { laptopTopology } from "../unit/laptop/laptopFixtures.ts";
import { Laptop } from "../unit/laptop/standIn.ts";
import { authority } from "../unit/topology/poolFixtures.ts";
import { type CommandStack, commandStack } from "./support/commandStack.ts";

/** The pool at an address that this machine has. */
function declared(pool: Record<string, unknown> = {}, password = "database-password") {
  const { laptop, ...topology } = laptopTopology(pool);
  const machines = [{ name: laptop.name, address: "127.0.0.1" }];
  const here = { ...laptop.pool, machines };
  const host = { ...laptop, address: "127.0.0.1", pool: here, pair: { ...laptop.pair, pool: here } };
  const poolers = { key: "poolers-key", certificate: authority, authority };
  const secrets = secretsOf(
    { database: password, probe: "probe-password", stats: "stats-password" },
    { certificates: { poolers } },
  );
  return async () => {
    const rollOut = new RollOut();
    const args = { topology, laptop: host, secrets: pulumi.secret(pulumi.output(secrets)), rollOut };
    const { sha256 } = new LaptopPool("pg-pool", args);
    rollOut.close();
    return { sha256 };
  };
}

describe("the engine and the laptop's pool", () => {
  let stack: CommandStack;
  let laptop: Laptop;
  const verbs = () =>
    laptop
      .calls()
      .filter(({ args }) => args[1] === "--project-name")
      .map(({ args }) => args[5]);

  beforeAll(async () => {
    laptop = new Laptop();
    for (const [name, value] of Object.entries(laptop.env)) vi.stubEnv(name, value);
    stack = await commandStack();
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await laptop.remove();
  });

  test("is applied once it was checked, and its bundle is an output", async () => {
    const { changes } = await stack.up(declared());
    const outputs = await stack.outputs();
    expect(changes).toEqual({ create: 5 });
    expect(outputs.sha256?.secret).toBe(false);
    expect((await laptop.status()).bundle.live).toBe(outputs.sha256?.value);
  });

  test("is left alone while nothing changes", async () => {
    const before = laptop.calls().length;
    expect((await stack.up(declared())).changes).toEqual({ same: 5 });
    expect(laptop.calls()).toHaveLength(before);
  });

  test("no secret of it is in the state in plain", async () => {
    const stored = await stack.stored();
    expect(stored).toContain("laptop-bundle");
    for (const secret of ["database-password", "poolers-key", "SCRAM-SHA-256$"])
      expect(stored).not.toContain(secret);
  });

  test("a changed setting and a changed password are applied, and nothing is taken down for them", async () => {
    const before = laptop.containers();
    for (const program of [declared({ size: 21 }), declared({ size: 21 }, "another")])
      expect((await stack.up(program)).changes).toEqual({ same: 3, replace: 2 });
    expect(laptop.containers()).toEqual(before);
    expect(verbs()).not.toContain("down");
  });

  test("one whose containers are gone comes up where its bundle is delivered again", async () => {
    laptop.lose("pgbouncer-6433");
    const replace = ["**::laptop-bundle"];
    await stack.up(declared({ size: 21 }, "another"), { replace });
    expect(Object.keys(laptop.containers())).toContain("pgbouncer-6433");
    expect(verbs()).not.toContain("down");
  });

  test("a pool that this machine cannot carry changes nothing, and the engine says why", async () => {
    laptop.machine({ version: '{"Server":{"Platform":{"Name":"Docker Desktop 4.41.2"}}}' });
    const before = laptop.containers();
    expect(await stack.failedUp(declared({ size: 22 }))).toContain("this is Docker Desktop");
    expect(laptop.containers()).toEqual(before);
    laptop.machine({});
  });

  test("its removal takes containers, data and files with it", async () => {
    await stack.remove();
    expect(laptop.projects()).toEqual([]);
    expect(laptop.volumes()).toEqual([]);
    expect(readdirSync(laptop.folder)).toEqual([]);
  });
});
