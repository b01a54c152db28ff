import {
  appendFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { waitFor } from "../../../base/waitFor.ts";
import { Laptop, laptopBundle, secretTexts } from "./standIn.ts";

let laptop: Laptop;
beforeEach(() => {
  laptop = new Laptop();
});
afterEach(() => laptop.remove());

const services = ["files", "postgres", "pgbouncer-6432", "pgbouncer-6433", "pgbouncer-6434"];
const bundle = laptopBundle();

/** Applies a bundle that has to work. */
async function applied(one = bundle): Promise<void> {
  const { exitCode, stderr } = await laptop.apply(one);
  expect(stderr).not.toContain("failed");
  expect(exitCode).toBe(0);
}

const composeCalls = () =>
  laptop
    .calls()
    .filter(({ args }) => args[0] === "compose" && args[1] === "--project-name")
    .map(({ args, input }) => ({ verb: args[5], args: args.slice(6), input }));

test("the pool is PostgreSQL and a pooler for each port, which run once it is applied", async () => {
  await applied();
  expect(Object.keys(laptop.containers()).sort()).toEqual(services.toSorted());
  const { bundle: state, units, pool, problems, unfinished } = await laptop.status();
  expect(state.live).toBe(bundle.sha256);
  expect(unfinished).toBeNull();
  expect(problems).toEqual([]);
  expect(units.map(({ unit, active }) => `${unit} ${active}`)).toEqual([
    "postgresql@17-main.service active",
    ...[6432, 6433, 6434].map((port) => `pgbouncer@${port}.service active`),
  ]);
  expect(pool?.postgres).toBe(true);
});

test("every file is its user's alone, and no secret is in a command line or in the compose file", async () => {
  await applied();
  const paths = readdirSync(laptop.folder, { recursive: true, withFileTypes: true });
  const modes = paths.map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return [path, entry.isDirectory() ? "0700" : "0600", (statSync(path).mode & 0o7777).toString(8)];
  });
  for (const [path, wanted, mode] of modes) expect(`0${mode}`, path).toBe(wanted);
  const stored = paths.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = stored.map((path) => readFileSync(path, "utf8"));
  expect(texts.some((text) => text.includes("poolers-key"))).toBe(true);
  const open = [
    readFileSync(join(laptop.folder, "compose.yaml"), "utf8"),
    ...laptop.calls().map(({ args }) => args.join(" ")),
  ].join("\n");
  for (const secret of secretTexts) expect(open).not.toContain(secret);
});

test("the roles reach PostgreSQL by standard input, before the daemons read their settings again", async () => {
  await applied();
  const calls = composeCalls();
  expect(calls.map(({ verb }) => verb)).toEqual(["up", "exec", "exec", "kill"]);
  const [up, , psql, kill] = calls;
  expect(up?.args).toContain("--wait");
  expect(psql?.args).toEqual(expect.arrayContaining(["postgres", "psql", "-f", "-"]));
  expect(psql?.input).toContain('ALTER ROLE "app" LOGIN');
  expect(kill?.args).toEqual(["--signal", "HUP", ...services.slice(1)]);
});

test("a setting that a reload takes over ends no container", async () => {
  await applied();
  const before = laptop.containers();
  await applied(laptopBundle({ size: 21 }));
  expect(laptop.containers()).toEqual(before);
  const ini = join(laptop.folder, "pool/files/etc/pgbouncer/6432.ini");
  expect(readFileSync(ini, "utf8")).toContain("default_pool_size = 21");
  expect(composeCalls().at(-1)?.verb).toBe("kill");
});

test("a setting that only a start takes over makes its own container anew, and no other", async () => {
  await applied();
  const before = laptop.containers();
  await applied(laptopBundle({ postgres: { maxConnections: 201 } }));
  const { postgres, ...others } = laptop.containers();
  expect(postgres).not.toBe(before.postgres);
  expect({ ...others, postgres: before.postgres }).toEqual(before);
  await applied(laptopBundle({ ports: [6432, 6433, 6435], postgres: { maxConnections: 201 } }));
  const after = laptop.containers();
  expect(after.postgres).toBe(postgres);
  expect(Object.keys(after)).toContain("pgbouncer-6435");
  expect(Object.keys(after)).not.toContain("pgbouncer-6434");
});

test("an apply that fails goes back to what was live, and says why", async () => {
  await applied();
  laptop.machine({ refuses: "6499" });
  const refused = laptopBundle({ ports: [6499], maxClientConnections: 4000 });
  const { exitCode, stderr } = await laptop.apply(refused);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("docker compose up failed");
  expect(stderr).toContain("is unhealthy");
  expect(Object.keys(laptop.containers()).sort()).toEqual(services.toSorted());
  const { bundle: state, unfinished } = await laptop.status();
  expect(state.live).toBe(bundle.sha256);
  expect(unfinished).toBeNull();
});

test("what was live before can be made live again, as a roll-out that fails elsewhere does", async () => {
  const other = laptopBundle({ size: 21 });
  await applied();
  await applied(other);
  expect((await laptop.status()).bundle).toMatchObject({ live: other.sha256, previous: [bundle.sha256] });
  expect((await laptop.start(["apply", bundle.sha256])).exitCode).toBe(0);
  expect((await laptop.status()).bundle.live).toBe(bundle.sha256);
});

test("an apply that was killed shows as interrupted, and the next one finishes it", async () => {
  laptop.machine({ hangs: "" });
  const killed = laptop.apply(bundle);
  expect(await waitFor(30_000, () => existsSync(laptop.hangs) || undefined)).toBe(true);
  killed.kill("SIGKILL");
  await killed;
  laptop.machine({});
  expect((await laptop.status()).unfinished).toMatchObject({ to: bundle.sha256, running: false });
  await applied();
  expect((await laptop.status()).unfinished).toBeNull();
});

test("a container that is gone is missed, and the next apply brings it up beside the others", async () => {
  await applied();
  const before = laptop.containers();
  laptop.lose("pgbouncer-6433");
  const { units } = await laptop.status();
  expect(units.filter(({ active }) => active !== "active").map(({ unit }) => unit)).toEqual([
    "pgbouncer@6433.service",
  ]);
  await applied();
  const { "pgbouncer-6433": _, ...others } = before;
  expect(laptop.containers()).toMatchObject(others);
  expect(Object.keys(laptop.containers())).toContain("pgbouncer-6433");
});

test("files that were removed by hand come back with the next apply, and the data is still there", async () => {
  await applied();
  const [project] = laptop.projects();
  rmSync(join(laptop.folder, "pool"), { recursive: true });
  expect((await laptop.status()).bundle.live).toBeNull();
  await applied();
  expect(laptop.projects()).toEqual([project]);
});

test("a stored bundle that was removed or changed by hand keeps no other from being applied", async () => {
  await applied();
  const stored = join(laptop.folder, "pool/bundles", `${bundle.sha256}.json`);
  for (const harm of [() => appendFileSync(stored, " "), () => rmSync(stored)]) {
    harm();
    expect((await laptop.status()).bundle.live).toBeNull();
    await applied();
    expect((await laptop.status()).bundle.live).toBe(bundle.sha256);
  }
});

test("two clones have pools of their own, and a clone that was moved keeps its own", async () => {
  await applied();
  const [first] = laptop.projects();
  const clone = join(laptop.root, "clone");
  cpSync(laptop.folder, clone, { recursive: true, filter: (path) => !/compose\.yaml$|pool/.test(path) });
  expect((await laptop.apply(bundle, clone)).exitCode).toBe(0);
  expect(laptop.projects()).toHaveLength(2);
  const moved = join(laptop.root, "moved");
  renameSync(laptop.folder, moved);
  expect((await laptop.apply(bundle, moved)).exitCode).toBe(0);
  expect(laptop.projects()).toHaveLength(2);
  expect((await laptop.start(["down"], "", moved)).exitCode).toBe(0);
  expect(laptop.projects()).not.toContain(first);
  expect(laptop.projects()).toHaveLength(1);
});

test("another stack's pool is neither changed nor removed, and its removal frees the place", async () => {
  const of = (stack: string, ...verb: readonly string[]) =>
    laptop.start([...verb, "--stack", stack], verb.includes("-") ? bundle.text : "");
  expect((await of("one", "apply", "-")).exitCode).toBe(0);
  for (const verb of ["check", "stage", "apply"]) {
    const { exitCode, stderr } = await of("other", verb, "-");
    expect(stderr).toContain(
      "is that of the stack one, and this clone has room for one: npm run destroy -- one removes it",
    );
    expect(exitCode).toBe(1);
  }
  expect((await of("other", "down")).exitCode).toBe(0);
  expect(Object.keys(laptop.containers()).sort()).toEqual(services.toSorted());
  // As after a failed roll-out, which names the bundle alone.
  expect((await laptop.start(["apply", bundle.sha256])).exitCode).toBe(0);
  expect((await of("other", "apply", "-")).exitCode).toBe(1);
  expect((await of("one", "down")).exitCode).toBe(0);
  expect(laptop.projects()).toEqual([]);
  expect((await of("other", "apply", "-")).exitCode).toBe(0);
});

test("its removal takes containers, data and files with it, also where the files are gone", async () => {
  await applied();
  expect((await laptop.start(["down"])).exitCode).toBe(0);
  expect(laptop.projects()).toEqual([]);
  expect(laptop.volumes()).toEqual([]);
  expect(readdirSync(laptop.folder)).toEqual([]);
  await applied();
  rmSync(join(laptop.folder, "pool"), { recursive: true });
  rmSync(join(laptop.folder, "compose.yaml"));
  expect((await laptop.start(["down"])).exitCode).toBe(0);
  expect(laptop.projects()).toEqual([]);
  expect(laptop.volumes()).toEqual([]);
});

test("a bundle that was cut off or is for another host changes nothing", async () => {
  const cut = await laptop.start(["apply", "-", "--sha256", bundle.sha256], bundle.text.slice(0, 1000));
  expect(cut.stderr).toContain("it was changed or cut off on its way");
  expect(cut.exitCode).toBe(2);
  const text = bundle.text.replace('"host":"laptop"', '"host":"db1"');
  expect((await laptop.start(["apply", "-"], text)).stderr).toContain('the bundle is for host "db1"');
  expect(readdirSync(laptop.folder)).toEqual([]);
});
