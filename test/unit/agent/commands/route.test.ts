import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { routeVerb } from "../../../../agent/commands/route.ts";

const folder = mkdtempSync(join(tmpdir(), "hapair-route-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "routes.json");

test.each([
  ["{", /routes\.json is not JSON/],
  ["{}", /routes\.json is not a config of routes/],
  [undefined, /cannot read .*routes\.json/],
])("a config that cannot be used (%j) is told in one sentence with the remedy", async (text, problem) => {
  rmSync(file, { force: true });
  if (text !== undefined) writeFileSync(file, text);
  const asked = routeVerb.run(["list", "--config", file]);
  await expect(asked).rejects.toMatchObject({ name: "Failure", message: expect.stringMatching(problem) });
});
