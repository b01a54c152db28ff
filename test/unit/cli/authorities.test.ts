import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withAuthorities } from "../../../cli/clients/authorities.ts";
import type { StackOutputs } from "../../../contract/stackOutputs.ts";

const login = "postgresql://my%20app:a%2Bb@";
const parameters = "?sslmode=verify-full&sslrootcert=/etc/ssl/certs/hapair-pg.pem";
const url = (host: string) => `${login}${host}/orders${parameters}`;

let folder: string;
beforeEach(() => {
  // As on a machine whose home has a space in its name.
  folder = mkdtempSync(join(tmpdir(), "hapair home+"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function outputsOf(authority: string | undefined) {
  const pg = {
    databaseUrl: url("10.0.1.100:5432"),
    sessionUrl: url("10.0.1.100:5433"),
    jdbcUrl: `jdbc:postgresql://10.0.1.100:5432/orders${parameters}&user=my%20app`,
    databaseAuthority: authority,
    reach: { databaseUrl: url("127.0.0.1:15432"), sessionUrl: url("127.0.0.1:16432") },
  };
  const outputs = { pairs: { pg } } as unknown as StackOutputs;
  return withAuthorities({ clients: folder } as never, "lab", outputs).pairs.pg;
}

test("every URL of a pair names a file of this machine with its authority, as libpq reads it", () => {
  const pair = outputsOf("the authority\n");
  const { databaseUrl, sessionUrl, jdbcUrl, reach } = pair ?? {};
  const file = join(folder, "lab", "pg.pem");
  expect(readFileSync(file, "utf8")).toBe("the authority\n");
  const named = `sslrootcert=${encodeURIComponent(file)}`;
  for (const printed of [databaseUrl, sessionUrl, reach?.databaseUrl, reach?.sessionUrl]) {
    // libpq decodes %XX, and no plus.
    expect(printed).toContain(named);
    expect(printed).toContain(login);
    expect(printed).toContain("?sslmode=verify-full&");
  }
  expect(jdbcUrl).toMatch(/^jdbc:postgresql:\/\/10\.0\.1\.100:5432\/orders\?sslmode=verify-full&/);
  expect(jdbcUrl).toContain(named);
  expect(jdbcUrl).toContain("user=my%20app");
});

test.each([undefined, ""])("without an authority the URLs stay as they are (%j)", (authority) => {
  expect(outputsOf(authority)?.databaseUrl).toBe(url("10.0.1.100:5432"));
});
