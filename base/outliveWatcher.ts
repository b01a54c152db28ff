/**
 * Whoever watches may leave (a closed terminal, `| head`): that is no reason to end in the middle of a change. Call it
 * before the first word. Without it a word to nobody is an uncaught exception, which Pulumi tells, by another word.
 */
export function outliveWatcher(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
}
