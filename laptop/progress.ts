/** Writes one line for a person to stderr: stdout has results only. */
export function progress(text: string): void {
  process.stderr.write(`laptop: ${text}\n`);
}
