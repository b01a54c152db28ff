import { argument, RuntimeError } from "./runtime.ts";

/** Certificates of the worker that serves (management guide, 9.3), on its administrator's socket. */

/** Sends one command, with what follows it. Rejects with a RuntimeError. */
export type AskAdministrator = (command: string, payload?: string) => Promise<string>;

/**
 * What haproxy takes at once, bytes: a command and what follows it have to fit into its `tune.bufsize` of 16,384. A
 * chain of three certificates with RSA keys of 4096 bits has some 9,000.
 */
export const mostPemBytes = 16_000;

/**
 * Has new connections get these certificates, with their key; open ones go on. Rejects with a RuntimeError, and the old
 * ones stay.
 * @param name as haproxy's configuration has it
 */
export async function replaceCertificate(ask: AskAdministrator, name: string, pem: string): Promise<void> {
  const word = argument(name);
  try {
    const set = await ask(`set ssl cert ${word}`, pem);
    if (!/^Transaction (created|updated) for certificate/m.test(set)) throw refusal(name, set);
    const committed = await ask(`commit ssl cert ${word}`);
    if (!/^Success!/m.test(committed)) throw refusal(name, committed);
  } catch (error) {
    // An open transaction would keep the next one from its start. The first failure is the one that counts.
    await ask(`abort ssl cert ${word}`).catch(() => undefined);
    throw error;
  }
}

/** SHA-1 of the certificate that new connections get, upper-case hex; undefined where haproxy has none of that name. */
export async function shownFingerprint(ask: AskAdministrator, name: string): Promise<string | undefined> {
  const answer = await ask(`show ssl cert ${argument(name)}`);
  return /^SHA1 FingerPrint: ([0-9A-F]{40})$/m.exec(answer)?.[1];
}

function refusal(name: string, answer: string): RuntimeError {
  const words = answer.trim().replaceAll(/\s+/g, " ");
  return new RuntimeError("refused", `haproxy refuses the certificate ${name}: ${words.slice(0, 300)}`);
}
