import { afterAll, vi } from "vitest";

/** Files share a worker: what one has replaced for its tests, the next one does not find. */
afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});
