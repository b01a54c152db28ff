import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { logFileIn, RoutesLog, readRoutesLog } from "../../../../agent/routes/log/routesLog.ts";
import { scratchFolder } from "../haproxy/runtimeFixtures.ts";
import { recordsOf, routesConfig, stored, transaction } from "./routeFixtures.ts";

const program = join(import.meta.dirname, "../../../../agent/main.ts");
let scratch: ReturnType<typeof scratchFolder>;
let config: ReturnType<typeof routesConfig>;
beforeEach(() => {
  scratch = scratchFolder();
  config = routesConfig(scratch.path);
  mkdirSync(config.folder);
  writeFileSync(join(scratch.path, "routes.json"), JSON.stringify(config));
});
afterEach(() => scratch[Symbol.dispose]());

async function write(...changes: Parameters<typeof transaction>[1][]) {
  const found = readRoutesLog(config.folder, config.pair);
  const { table, numbers } = found;
  const addresses = new Map([
    ["app.internal", "10.0.9.8"],
    ["rebound.internal", "127.0.0.1"],
  ]);
  const log = new RoutesLog(config.folder, config.pair, found, () => ({ table, addresses, numbers }));
  table.replace({ version: 1, mark: "m1", routes: [stored("a.test", 1)] });
  await log.rewrite();
  if (changes.length > 0) await log.append(recordsOf(transaction(1, ...changes)));
  await log.close();
}

const routesMap = () =>
  spawnSync(process.execPath, [program, "routes-map", "--config", scratch.path], {
    encoding: "utf8",
    timeout: 20_000,
  });
const map = () => readFileSync(config.mapFile, "utf8");
const plain = (host: string, address: string) => `${host} plain|${address}|3000|||30000|3600000|0|50|w`;

describe("hapair routes-map writes for the next worker", () => {
  test("every route of the log, with the last known addresses of names", async () => {
    await write(
      ["b.test", "http://app.internal:3000"],
      ["c.test", "http://unknown.internal"],
      ["d.test", "https://rebound.internal"],
      ["e.test", "http://169.254.169.254"],
    );
    expect(routesMap()).toMatchObject({ status: 0, stderr: "", stdout: `${config.mapFile}: 5 routes\n` });
    expect(map().trimEnd().split("\n")).toEqual([
      ":gen file",
      plain("a.test", "10.0.9.5"),
      plain("b.test", "10.0.9.8"),
      "c.test none||0|||30000|3600000|0|50|w",
      "d.test none||0|rebound.internal||30000|3600000|0|50|w",
      "e.test none||0|||30000|3600000|0|50|w",
    ]);
    expect(statSync(config.mapFile).mode & 0o777).toBe(0o640);
  });

  test("no route where there is no log yet, or it is of another pair", async () => {
    expect(routesMap()).toMatchObject({ status: 0, stderr: "" });
    expect(map()).toBe(":gen file\n");
    await write();
    writeFileSync(join(scratch.path, "routes.json"), JSON.stringify({ ...config, pair: "other" }));
    expect(routesMap()).toMatchObject({ status: 0, stderr: expect.stringContaining("0 routes") });
    expect(map()).toBe(":gen file\n");
  });

  test("the readable beginning of a damaged log, and says so", async () => {
    await write(["b.test", "http://10.0.9.5:3000"], ["c.test", "http://10.0.9.5:3000"]);
    const path = logFileIn(config.folder);
    writeFileSync(path, readFileSync(path, "utf8").replace('"b.test"', '"b.tesT"'));
    expect(routesMap()).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/cannot be read after \d+ bytes: HAProxy begins with 1 routes/),
    });
    expect(map()).toBe(`:gen file\n${plain("a.test", "10.0.9.5")}\n`);
  });

  test.each([
    ["a link", (path: string) => symlinkSync("/etc/passwd", path), /it is a symbolic link/],
    ["a pipe", (path: string) => execFileSync("mkfifo", [path]), /something other than a file/],
    ["a folder", (path: string) => mkdirSync(path), /something other than a file/],
  ])("nothing where the log is %s, and does not wait", async (_, make, why) => {
    await write(["b.test", "http://10.0.9.5:3000"]);
    routesMap();
    const before = map();
    rmSync(logFileIn(config.folder));
    make(logFileIn(config.folder));
    expect(routesMap()).toMatchObject({ status: 1, stderr: expect.stringMatching(why) });
    expect(map()).toBe(before);
  });

  test("nothing without a config of routes", () => {
    rmSync(join(scratch.path, "routes.json"));
    expect(routesMap()).toMatchObject({ status: 2, stderr: expect.stringContaining("cannot read") });
    expect(existsSync(config.mapFile)).toBe(false);
  });
});
