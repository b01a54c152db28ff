import { afterAll, expect, vi } from "vitest";

/** Files share a worker: what one has replaced for its tests, the next one does not find. Loaded before each file. */
const before = ofProcess();
afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  expect(ofProcess(), "what this file has left behind").toEqual(before);
});

function ofProcess(): object {
  return { env: { ...process.env }, exitCode: process.exitCode };
}
