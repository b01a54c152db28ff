import type { Ran } from "../host.ts";
import type { Candidate } from "./service.ts";

/** A checker's complaint with the live paths in place of the staged ones; undefined when it found no fault. */
export function words(candidate: Candidate, ran: Ran): string | undefined {
  if (ran.status === 0) return undefined;
  const text = `${ran.stdout}\n${ran.stderr}`.replaceAll(candidate.folder, "").trim();
  return text || `exit status ${ran.status}`;
}
