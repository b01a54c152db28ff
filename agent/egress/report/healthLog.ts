import { appendFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Appends to a group's log, which is named after its client port. Opened for each line: a rotated file needs no
 * signal. Throws the file's error.
 */
export function appendHealthLog(folder: string, port: number, at: Date, sentence: string): void {
  appendFileSync(join(folder, `haproxy_health_${port}.log`), `${healthLogLine(at, sentence)}\n`);
}

/** `[2025-10-18 23:11:42] sentence`, in the host's own time zone. */
export function healthLogLine(at: Date, sentence: string): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
  return `[${day} ${time}] ${sentence.replace(/\s+/g, " ")}`;
}
