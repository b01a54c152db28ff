import { execa } from "execa";
import { expect, it } from "vitest";
import { psqlAccess } from "../../../../cli/clients/clientFiles.ts";
import { shippedStack } from "../../../../cli/config/stackConfig.ts";
import { fetchFromApp } from "../../hosts/application.ts";
import { ask } from "../client.ts";
import type { LabPair } from "../labPair.ts";
import { databaseUrls } from "./given.ts";

/** Quotes, separators, a space, characters that a shell expands and that SASLprep removes or replaces. */
const nasty = `'"\\:@/?#[] $(id)%41;{{ö}}\u200b\u00ad\u2460❤\ufe0f`;

/** Passwords from the stack's config instead of generated ones. */
export function passwordTests(lab: () => LabPair): void {
  it("work with any characters for libpq, pg, the stats page and the hosts' proof, and replace the old ones", async () => {
    const { pair, stack, access } = lab();
    const before = { sql: lab().forwardedUrl, stats: access.statsPassword };
    const passwords = { database: `d${nasty}`, probe: `p${nasty}`, stats: `s${nasty}` };
    // Each node proves its new bundle with a query as the probe's role.
    await lab().configure({}, { secrets: "config", passwords: { [pair.name]: passwords } });

    const { forwarded: url } = await databaseUrls(lab());
    expect(await ask(url, "select 'pg'")).toBe("pg");
    const libpq = psqlAccess(stack.home, { stack: shippedStack, name: pair.name }, url);
    const env = { PGPASSFILE: libpq.passFile };
    const psql = await execa("psql", ["-XAt", "-d", libpq.url, "-c", "select 'libpq'"], { env });
    expect(psql.stdout).toBe("libpq");
    await expect(ask(before.sql, "select 1")).rejects.toThrow("authentication failed");

    const page = `http://${pair.vip.address}:${pair.haproxy.statsPort}/stats`;
    const status = async (password: string) =>
      (await fetchFromApp(lab().lab, page, `${pair.haproxy.statsUser}:${password}`)).status;
    expect([await status(passwords.stats), await status(before.stats)]).toEqual([200, 401]);
  });
}
