import type { StressName } from "./curve.ts";

export const stressUnit = "hapair-stress.service";

const mb = 1024 * 1024;
/** Bounds of a stress on one node: its processes, what they hold of memory and disk. */
const most = { processes: 160, memoryBytes: 640 * mb } as const;

/** Loops side by side, and what each does again and again, with the number of its loop in `$n`. */
const loops: Readonly<Record<StressName, { readonly count: number; readonly body: string }>> = {
  processor: { count: 8, body: ":" },
  // dd gets memory for one block, fills it and gives it back: 512 MB in all.
  memory: { count: 4, body: "dd if=/dev/zero of=/dev/null bs=128M count=1 status=none" },
  // Each file is written to the disk before the next one replaces it: 256 MB in all.
  disk: { count: 4, body: "dd if=/dev/zero of=/var/tmp/$n bs=1M count=64 conv=fsync status=none" },
  forks: { count: 4, body: "for m in $(seq 32); do /usr/bin/true & done; wait" },
};

/**
 * The command that starts a stress on a machine, as a unit of its own: it dies with the machine's power, pauses with it,
 * and its files go with it. It ends after `forS` by itself, whatever becomes of the bench.
 */
export function stressCommand(name: StressName, forS: number): readonly string[] {
  const { count, body } = loops[name];
  const script = `for n in $(seq ${count}); do (while :; do ${body}; done) & done; wait`;
  const properties = [
    `RuntimeMaxSec=${forS}`,
    `TasksMax=${most.processes}`,
    `MemoryMax=${most.memoryBytes}`,
    // Where memory ends, the kernel ends the stress and nothing else.
    "OOMScoreAdjust=1000",
    "KillSignal=SIGKILL",
    "PrivateTmp=yes",
  ].map((property) => `--property=${property}`);
  return ["systemd-run", "--quiet", "--collect", `--unit=${stressUnit}`, ...properties, "sh", "-c", script];
}
