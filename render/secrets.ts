import { scramVerifier } from "./scram.ts";

/** A password, or the mark that stands for it where a person may look. */
export interface Secret {
  readonly text: string;
  /** What PostgreSQL stores of it for `role`. */
  readonly verifier: (role: string) => string;
}

/** `database` is of the application's role, `probe` of our own that proves the data path, `stats` of the stats page. */
export const secretNames = ["database", "probe", "stats"] as const;
export type SecretName = (typeof secretNames)[number];

/** Passwords of one pair. They reach a host inside its bundle, in files of mode 0600 or as verifiers. */
export type Secrets = Readonly<Record<SecretName, Secret>>;

const mask: Secret = { text: "[secret]", verifier: () => "[secret]" };
/** For previews, `npm run render`, golden files. */
export const masked: Secrets = { database: mask, probe: mask, stats: mask };

/** The passwords themselves. */
export function secretsOf(passwords: Readonly<Record<SecretName, string>>): Secrets {
  const secret = (text: string): Secret => ({ text, verifier: (role) => scramVerifier(role, text) });
  return {
    database: secret(passwords.database),
    probe: secret(passwords.probe),
    stats: secret(passwords.stats),
  };
}

/** What is wrong with a password, if anything: quotes and spaces are welcome, a line break would end a config's line. */
export function secretProblem(password: string): string | undefined {
  if (password === "") return "is empty: set a password";
  return /\p{Cc}/u.test(password)
    ? "has a control character or line break: set a password without"
    : undefined;
}
