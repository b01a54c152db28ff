import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { curvePage } from "../../../bench/report/curvePage.ts";
import { readRecord } from "../../../bench/report/writeRecord.ts";
import { root } from "../../../cli/session/home.ts";
import { withPart } from "./pages.ts";

test("the page about the time of a failover has the curve that the bench wrote last (vitest -u writes it)", async () => {
  const path = join(root, "docs", "failover-time.md");
  const current = withPart(readFileSync(path, "utf8"), "curve", curvePage(readRecord()));
  await expect(current).toMatchFileSnapshot(path);
});
