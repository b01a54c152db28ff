import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it, onTestFinished } from "vitest";
import { logFileIn, RoutesLog, readRoutesLog } from "../../../agent/routes/log/routesLog.ts";
import type { Snapshot } from "../../../agent/routes/store/store.ts";
import { routesConfig } from "../../unit/agent/routes/routeFixtures.ts";
import { hosts, pair } from "./followers.ts";
import type { Login, StoreBed } from "./storeBed.ts";

const program = join(import.meta.dirname, "../../../agent/main.ts");

/** `hapair routes restore`, as root gives it on a node. */
export function restoreTests(bed: () => StoreBed): void {
  describe("hapair routes restore", () => {
    /** A node's files, with a log that has this table. */
    async function nodeFiles(database: Login, table?: Snapshot) {
      const folder = mkdtempSync(join(tmpdir(), "hapair-restore-"));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      const config = { ...routesConfig(folder), pair, database };
      mkdirSync(config.folder);
      writeFileSync(join(folder, "routes.json"), JSON.stringify(config));
      if (table !== undefined) {
        const found = readRoutesLog(config.folder, pair);
        found.table.replace(table);
        const log = new RoutesLog(config.folder, pair, found, () => found);
        await log.rewrite();
        await log.close();
      }
      return {
        log: logFileIn(config.folder),
        restore: () =>
          execa(process.execPath, [program, "routes", "restore", "--config", folder], { reject: false }),
      };
    }

    it("has every node of the pair take over the routes of this one", async () => {
      const { login, one, other } = await bed().two();
      await one.put("a.example.com");
      await one.put("b.example.com");
      await Promise.all([one.has(2), other.has(2)]);
      const table = { version: 2, mark: one.position?.mark ?? "", routes: [...one.routes.values()] };
      const { restore } = await nodeFiles(await bed().database(), table);
      // Another database, that has nothing.
      expect((await restore()).stdout).toMatch(/^the pair has the 2 routes of haproxy1, as version \d+$/);

      const own = await nodeFiles(login, { ...table, routes: table.routes.slice(0, 1) });
      expect((await own.restore()).exitCode).toBe(0);
      await expect.poll(() => [hosts(one), hosts(other)]).toEqual([["a.example.com"], ["a.example.com"]]);
      await one.put("c.example.com");
      await expect.poll(() => hosts(other)).toEqual(["a.example.com", "c.example.com"]);
    });

    it("touches nothing where this node's log is damaged or missing, or the database is away", async () => {
      const { login, one } = await bed().two();
      await one.put("a.example.com");
      const table = { version: 1, mark: one.position?.mark ?? "", routes: [...one.routes.values()] };
      const missing = await nodeFiles(login);
      expect(await missing.restore()).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(/routes\.log has no routes yet; the database was not touched/),
      });
      const damaged = await nodeFiles(login, { ...table, routes: [] });
      // It begins a second time.
      appendFileSync(damaged.log, readFileSync(damaged.log));
      expect(await damaged.restore()).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(/cannot be read after \d+ bytes .* the database was not touched/),
      });
      const away = await nodeFiles({ ...login, host: "/nowhere" }, table);
      expect(await away.restore()).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining("once that is mended, restore again"),
      });
      expect(hosts(one)).toEqual(["a.example.com"]);
      expect(one.snapshots).toHaveLength(1);
    });
  });
}
