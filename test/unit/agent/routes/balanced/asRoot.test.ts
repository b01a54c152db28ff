import { mkdirSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { balanceAsRoot } from "../../../../../agent/routes/balanced/asRoot.ts";
import { beginningOf } from "../../../../../agent/routes/log/replay.ts";
import { logFileIn } from "../../../../../agent/routes/log/routesLog.ts";
import { scratchFolder } from "../../haproxy/runtimeFixtures.ts";
import { routesConfig, routeWith } from "../routeFixtures.ts";

test("a server whose checks cannot be enabled gets no requests, and the others do", async () => {
  using scratch = scratchFolder();
  const config = routesConfig(scratch.path);
  const targets = [{ url: "http://10.0.9.5" }, { url: "http://10.0.9.6" }];
  const route = { ...routeWith({ host: "a.test", targets, options: { check: { path: "/" } } }), version: 1 };
  const table = { position: { version: 1, mark: "m1" }, routes: new Map([["a.test", route]]) };
  mkdirSync(config.folder);
  writeFileSync(
    logFileIn(config.folder),
    beginningOf(config.pair, table, new Map(), new Map([["a.test", 3]])),
  );
  const told: string[] = [];
  const answers: Readonly<Record<string, string>> = {
    show: "# pxname,svname,status,type,\n",
    add: "New server registered.",
  };
  const runtime = {
    ask: async (command: string) =>
      command.startsWith("show map") ? "" : (answers[command.slice(0, command.indexOf(" "))] ?? ""),
    do: async (command: string) => {
      if (command.startsWith("enable health edge-balanced3/10.0.9.5:")) throw new Error("it is refused");
      told.push(command.replace(/-[0-9a-f]{6}$/, ""));
    },
  };
  await expect(balanceAsRoot(config, { runtime, master: runtime })).rejects.toThrow("it is refused");
  expect(told).toEqual([
    "add map virt@edge-checks edge-balanced3 /|a.test",
    "enable health edge-balanced3/10.0.9.6:80",
    "enable server edge-balanced3/10.0.9.6:80",
  ]);
});
