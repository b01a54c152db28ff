/** Process ids of the workers that a reload left to their last sessions, out of the master's `show proc`. */
export function oldWorkers(answer: string): readonly number[] {
  const [, section = ""] = answer.split(/^# old workers$/m);
  const [lines = ""] = section.split(/^#/m);
  return [...lines.matchAll(/^(\d+)\s+worker\b/gm)].map(([, pid]) => Number(pid));
}
