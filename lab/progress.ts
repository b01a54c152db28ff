/** One line for a person, on stderr: stdout carries results only. */
export function progress(text: string): void {
  process.stderr.write(`lab: ${text}\n`);
}
