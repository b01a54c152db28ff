import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { shellWord } from "../../../base/commands.ts";

test("whatever a path holds is one word of a shell line, and a plain one stays as it is", () => {
  expect(shellWord("/home/me/hapair-1.0/lab/main.ts")).toBe("/home/me/hapair-1.0/lab/main.ts");
  const texts = fc.array(fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0")));
  fc.assert(
    fc.property(texts, (texts) => {
      const line = `printf '%s\\0' x ${texts.map(shellWord).join(" ")}`;
      const words = execFileSync("sh", ["-c", line], { encoding: "utf8" }).split("\0");
      expect(words).toEqual(["x", ...texts, ""]);
    }),
    { numRuns: 30 },
  );
});
