import { readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { fileFault, fileFaultWords, size } from "../../../base/fileErrors.ts";
import { fileError } from "./fileErrorFixtures.ts";

const caught = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

test("a full disk is named with its free space and what to do", () => {
  expect(fileFaultWords(fileError("ENOSPC", "write"), tmpdir())).toMatch(
    /^\/\S+: the disk is full, [\d.]+ [MG]B of [\d.]+ [MG]B are free \(ENOSPC\): make room on it$/,
  );
});

test("a link that cannot be made is named itself, not what it would point to", () => {
  const error = Object.assign(fileError("ENOSPC", "symlink", "bundles/next"), { dest: "/nowhere/link" });
  expect(fileFault(error, tmpdir())?.path).toBe("/nowhere/link");
});

test("the path of the error counts, also where it does not exist", () => {
  const path = "/nowhere/below/this";
  expect(fileFault(fileError("ENOSPC", "open", path), tmpdir())).toMatchObject({ path });
});

test.for([
  ["a folder in place of a file", () => readFileSync(tmpdir()), /: it is a folder \(EISDIR\): move it away/],
  [
    "a path below a file",
    () => statSync("/etc/passwd/below"),
    /: a folder of this path is a file \(ENOTDIR\): /,
  ],
  [
    "a name that is too long",
    () => statSync(`/${"n".repeat(300)}`),
    /…n{40}: the name is too long \(ENAMETOOLONG\): /,
  ],
  ["a missing file", () => readFileSync("/nowhere"), /^\/nowhere: it does not exist \(ENOENT\): /],
] as const)("%s is one sentence with the path and what to do", ([, work, words]) => {
  const told = fileFaultWords(caught(work), "/near");
  expect(told).toMatch(words);
  expect(told).not.toContain("\n");
});

test("an error of a socket or a bug is not taken for one of a file", async () => {
  const refused = await new Promise<Error>((resolve) => connect("/nowhere/socket").on("error", resolve));
  expect(fileFault(refused, "/near")).toBeUndefined();
  expect(fileFaultWords(refused, "/near")).toBe(refused.message);
  expect(fileFault(new TypeError("a bug"), "/near")).toBeUndefined();
});

test.each([
  [0, "0 MB"],
  [120_999_999, "120 MB"],
  [10_500_000_000, "10.5 GB"],
])("%d bytes are %s", (bytes, words) => {
  expect(size(bytes)).toBe(words);
});
