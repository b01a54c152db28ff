import { expect, test } from "vitest";
import { formatComparison, type Listing } from "../../../cli/compare/markdown.ts";

test("stays within what a job summary holds, and fences hold whatever a file has in it", () => {
  const files = (size: number) => ({ "etc/some": "```\n".repeat(size / 4) });
  const all = formatComparison(
    "s",
    { hosts: {}, resources: { text: "" } },
    {
      hosts: { one: files(40), two: files(1_000_000), three: files(40) },
      resources: { text: "" },
    },
  );
  expect(all.length).toBeLessThan(250_000);
  expect(all).toContain("Left out, for their length: 1 more.");
  expect(all).toContain("### three: 1 file");
  expect(all.match(/^````diff$/gm)).toHaveLength(2);
});

test("says where the resources are not known, and why", () => {
  const hosts = {};
  const listing = { text: "some: {}\n" };
  const unknown = { unknown: "the stack has encrypted secrets" };
  const compared = (before: Listing | undefined, after: Listing) =>
    formatComparison("s", before && { hosts, resources: before }, { hosts, resources: after });
  expect(compared(undefined, listing)).toContain("### Resources\n\n```yaml\nsome: {}\n```\n");
  expect(compared(listing, unknown)).toContain("Not known: the stack has encrypted secrets.");
  expect(compared(undefined, unknown)).toContain("Not known: the stack has encrypted secrets.");
  expect(compared(unknown, listing)).toContain(
    "Not known what changes: before, the stack has encrypted secrets.",
  );
  expect(compared(listing, listing)).not.toContain("Resources");
});
