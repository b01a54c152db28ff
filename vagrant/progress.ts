/** Writes one line for a person to stderr, with the mark by which the engine shows it: stdout has results only. */
export function progress(text: string): void {
  process.stderr.write(`vagrant: ${text}\n`);
}
