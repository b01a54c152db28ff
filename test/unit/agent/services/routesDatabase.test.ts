import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { hapair } from "../../../../agent/services/hapair.ts";
import { routesDatabaseComplaint } from "../../../../agent/services/routesDatabase.ts";
import type { RoutesConfig } from "../../../../contract/routesConfig.ts";
import { ScratchHost } from "../apply/scratchHost.ts";
import { routesConfig } from "../routes/routeFixtures.ts";

const authority = "etc/hapair/routes-database.pem";
const database: RoutesConfig["database"] = {
  ...{ host: "db.example.test", port: 5433, database: "routing", user: "edge", password: "its password" },
  ...{ authorityFile: `/${authority}`, external: true },
};

let host: ScratchHost;
beforeEach(() => {
  host = new ScratchHost();
});
afterEach(() => host.remove());

const attributes = { mode: "0644", owner: "root", group: "root" };
const filesOf = (of: RoutesConfig["database"]) => [
  {
    ...attributes,
    path: "etc/hapair/routes.json",
    text: JSON.stringify({ ...routesConfig("/var/lib/hapair"), database: of }),
  },
  { ...attributes, path: authority, text: "an authority\n" },
];
const judged = (of = database) => routesDatabaseComplaint({ host, folder: "/staged", files: filesOf(of) });
const refusing = () => {
  const query = vi.fn(async () => {
    throw Object.assign(new Error("password authentication failed"), { code: "28P01" });
  });
  host.query = query;
  return query;
};

test("a database that does not let the node in is quoted with the keys to correct, and no password", async () => {
  const query = refusing();
  expect(await judged()).toBe(
    "routes.database: db.example.test:5433 refuses the role edge: password authentication failed: correct routes.database.user and the secret routes.PAIR.database, or make that role in the database",
  );
  const { external: _, authorityFile: __, ...login } = database;
  expect(query).toHaveBeenCalledWith(
    { ...login, tls: { authorityFile: `/staged/${authority}`, name: "db.example.test" } },
    "select 1",
    5000,
  );
});

test("the pair's own database, which may not be there yet, and a login that is live are not tried", async () => {
  const query = refusing();
  const { external: _, ...own } = database;
  expect(await judged(own)).toBeUndefined();
  for (const { path, text } of filesOf(database)) {
    mkdirSync(dirname(join(host.root, path)), { recursive: true });
    writeFileSync(join(host.root, path), text);
  }
  expect(await judged()).toBeUndefined();
  const [config, ...others] = filesOf(own);
  writeFileSync(join(host.root, config?.path ?? ""), config?.text ?? "");
  expect(others).toHaveLength(1);
  // As a bundle of an older version has it, which does not say whose the database is.
  expect(await judged()).toBeUndefined();
  expect(query).not.toHaveBeenCalled();
  expect(await judged({ ...database, password: "another one" })).toContain("refuses the role edge");
});

test("the login is tried when a roll-out stages a bundle, and not when one is applied, as on the way back", async () => {
  const query = refusing();
  const complaint = async (staging: boolean) => {
    const candidate = { host, folder: "/staged", files: filesOf(database), staging };
    return (await hapair.complaint?.(candidate)) ?? "";
  };
  expect(await complaint(false)).not.toContain("routes.database:");
  expect(query).not.toHaveBeenCalled();
  expect(await complaint(true)).toContain("routes.database:");
});
