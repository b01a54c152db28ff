import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { aptInstall } from "../../../tools/setup/apt.ts";
import { debianPackages } from "../../../tools/setup/debianPackages.ts";

vi.mock("node:fs", async (original) => ({ ...(await original<object>()), existsSync: () => false }));
vi.mock("../../../tools/setup/apt.ts", () => ({ aptInstall: vi.fn() }));
afterEach(() => vi.unstubAllEnvs());

test("a machine without them gets what the lab, the database clients and the engine's own download need, each package once", async () => {
  const empty = mkdtempSync(join(tmpdir(), "hapair-path-"));
  vi.stubEnv("PATH", empty);
  try {
    expect(await debianPackages.isDone()).toBe(false);
    await debianPackages.run(() => {});
  } finally {
    rmSync(empty, { recursive: true });
  }
  const [packages = []] = vi.mocked(aptInstall).mock.calls[0] ?? [];
  expect(packages).toEqual(
    expect.arrayContaining([
      ...["ca-certificates", "curl", "mmdebstrap", "openssl", "postgresql-client"],
      ...["python3-psycopg", "systemd-container"],
    ]),
  );
  expect(new Set(packages).size).toBe(packages.length);
});
