import type { PasswordName } from "../topology/passwords.ts";
import { scramVerifier } from "./scram.ts";

/** A password, or the mark that stands for it where a person may look. */
interface Secret {
  readonly text: string;
  /** What PostgreSQL stores of it for `role`. */
  readonly verifier: (role: string) => string;
}

/** What one pair's files need. They reach a host inside its bundle, in files of mode 0600 or as verifiers. */
export type Secrets = Readonly<Record<PasswordName, Secret>>;

const mask: Secret = { text: "[secret]", verifier: () => "[secret]" };
/** For previews, `npm run render`, golden files. */
export const masked: Secrets = { database: mask, probe: mask, stats: mask };

/** The passwords themselves. */
export function secretsOf(passwords: Readonly<Record<PasswordName, string>>): Secrets {
  const secret = (text: string): Secret => ({ text, verifier: (role) => scramVerifier(role, text) });
  return {
    database: secret(passwords.database),
    probe: secret(passwords.probe),
    stats: secret(passwords.stats),
  };
}
