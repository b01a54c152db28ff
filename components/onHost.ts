import { shellWord } from "../render/shellWord.ts";

/** Longer than any apply with its proof and a roll-back. */
const enoughS = 180;
/** An apply does not stop where it is told to: what it waits for is ended, and it turns back. */
const turningBackS = 120;

/**
 * A root's command on a host, as a line for its shell. It ends by itself: a hung one must not hang the roll-out. Its
 * status is its own, also where it came to its end only after it was told to; 137 where it had to be killed.
 */
export function onHost(...command: readonly string[]): string {
  const limits = ["--preserve-status", `--kill-after=${turningBackS}`, String(enoughS)];
  return ["sudo", "timeout", ...limits, ...command].map(shellWord).join(" ");
}
