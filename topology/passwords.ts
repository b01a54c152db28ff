import { ConfigError } from "./problem.ts";
import type { Topology } from "./topology.ts";

/** `database` is of the application's role, `probe` of our own that proves the data path, `stats` of the stats page. */
const passwordNames = ["database", "probe", "stats"] as const;
export type PasswordName = (typeof passwordNames)[number];

/** Passwords that a person has set, by pair. */
export type GivenPasswords = Readonly<Record<string, Readonly<Record<PasswordName, string>>>>;

/**
 * The passwords of a stack whose `secrets` is `config`; `undefined` for one that generates them.
 * @throws ConfigError naming each that is missing or unusable, and never its value.
 */
export function parsePasswords({ secrets, pairs }: Topology, given: unknown): GivenPasswords | undefined {
  if (secrets === "generated") {
    if (given === undefined) return undefined;
    throw new ConfigError([
      "passwords: set, but `secrets` is `generated`: set secrets to `config` or remove them",
    ]);
  }
  const entries = pairs.map(({ name: pair }) => ({
    pair,
    passwords: passwordNames.map((name) => ({ name, value: member(member(given, pair), name) })),
  }));
  const problems = entries.flatMap(({ pair, passwords }) =>
    passwords.flatMap(({ name, value }) => describe(`passwords.${pair}.${name}`, value)),
  );
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.fromEntries(
    entries.map(({ pair, passwords }) => [
      pair,
      Object.fromEntries(passwords.map(({ name, value }) => [name, String(value)])) as Record<
        PasswordName,
        string
      >,
    ]),
  );
}

/** Quotes and spaces are welcome; a line break would end the line of a config file. */
function describe(path: string, value: unknown): string[] {
  const set = `pulumi config set --secret --path 'hapair:${path}'`;
  if (value === undefined || value === "") return [`${path}: is missing: ${set}`];
  if (typeof value !== "string") return [`${path}: expected a string: ${set}`];
  return /\p{Cc}/u.test(value)
    ? [`${path}: has a control character or line break: set one without, ${set}`]
    : [];
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? new Map(Object.entries(value)).get(key) : undefined;
}
