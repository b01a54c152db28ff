/** V8 lets old garbage grow by 8 MB before it collects it. */
const longestMs = 60_000;
/** After work that has left so much garbage it is collected at the next quiet second, and then not for a while. */
const muchBytes = 3 * 1024 * 1024;
const shortestMs = 10_000;
/** A collection takes some 20 ms, for which a daemon that works has no time. */
const mostBusy = 0.1;

/** What a collector sees of its process. */
export interface Collected {
  /** Bytes of V8's heap in use. */
  heapBytes(): number;
  /** Share of the time since the last call in which it worked, 0 to 1. */
  busy(): number;
  collect(): void;
}

/** Returns what decides whether garbage is collected now; to be called every second. */
export function openCollector(process: Collected, beganMs: number): (nowMs: number) => void {
  let collectedAtMs = beganMs;
  let keptBytes = process.heapBytes();
  return (nowMs) => {
    const isQuiet = process.busy() < mostBusy;
    const sinceMs = nowMs - collectedAtMs;
    const isMuch = isQuiet && sinceMs >= shortestMs && process.heapBytes() - keptBytes >= muchBytes;
    if (sinceMs < longestMs && !isMuch) return;
    process.collect();
    collectedAtMs = nowMs;
    keptBytes = process.heapBytes();
  };
}

/** This process; without `--expose-gc` it leaves all to V8. */
export function thisProcess(): Collected {
  let before = performance.eventLoopUtilization();
  return {
    heapBytes: () => process.memoryUsage().heapUsed,
    busy: () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      return utilization;
    },
    collect: () => globalThis.gc?.(),
  };
}
