/**
 * Lets this process outlive the reader of its output (a closed terminal, `| head`): that is no reason to end in the
 * middle of a change. Call it before anything is written: an error on an output stream without a listener ends the
 * process.
 */
export function outliveWatcher(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
}
