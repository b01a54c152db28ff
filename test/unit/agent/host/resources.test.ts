import { expect, test } from "vitest";
import { isLow, type Resource, warningsOf } from "../../../../agent/host/resources.ts";

const [MB, GB] = [1e6, 1e9];
const disk = (free: number, total: number): Resource => ({ what: "disk", where: "/", free, total });
const inodes = (free: number, total: number): Resource => ({ what: "inodes", where: "/", free, total });
const memory = (free: number, total: number): Resource => ({ what: "memory", where: null, free, total });

test.for<[string, Resource, boolean]>([
  ["a tenth of a disk", disk(10 * GB, 100 * GB), false],
  ["four percent of a disk", disk(4 * GB, 100 * GB), true],
  ["less than an apply takes", disk(190 * MB, 2 * GB), true],
  ["a small file system that is half empty, such as /run", disk(50 * MB, 100 * MB), false],
  ["a small file system that is almost full", disk(15 * MB, 100 * MB), true],
  ["a hundred gigabytes of a large data disk", disk(100 * GB, 4000 * GB), false],
  ["no room at all", disk(0, 100 * GB), true],
  ["a tenth of the inodes", inodes(6554, 65_536), false],
  ["four percent of the inodes", inodes(2621, 65_536), true],
  ["half the memory", memory(2 * GB, 4 * GB), false],
  ["four percent of the memory", memory(0.16 * GB, 4 * GB), true],
  ["too little for an apply on a small machine", memory(90 * MB, 1 * GB), true],
  ["five gigabytes of a large machine's memory", memory(5 * GB, 256 * GB), false],
])("%s left: low is %s", ([, resource, low]) => {
  expect(isLow(resource)).toBe(low);
});

test("a warning is one sentence with the place, what is left and what to do", () => {
  expect(warningsOf([disk(100 * MB, 50 * GB), inodes(5, 65_536), memory(50 * MB, 4 * GB)])).toEqual([
    "low on disk space at /, 100 MB of 50.0 GB left: remove old logs and files, or enlarge it",
    "low on inodes at /, 5 of 65536 left: remove folders with many small files",
    "low on memory, 50 MB of 4000 MB left: see what uses it with ps aux --sort=-rss",
  ]);
});
