import type { Pair, Topology } from "../topology.ts";
import { driversDiffer } from "./saslprep.ts";
import { type Reading, readSecret, together, unusedSecrets } from "./secretText.ts";

/** `database` is for the application's role, `probe` for the role that proves the data path, `stats` for the stats page. */
const passwordNames = ["database", "probe", "stats"] as const;
export type PasswordName = (typeof passwordNames)[number];

/** Passwords that a person has set, by pair. */
export type GivenPasswords = Readonly<Record<string, Readonly<Record<PasswordName, string>>>>;

/** The passwords of a stack whose `secrets` is `config`; `undefined` for one that generates them. */
export function readPasswords(
  { secrets, pairs }: Topology,
  given: unknown,
): Reading<GivenPasswords | undefined> {
  if (secrets === "generated") {
    const problem = "passwords: set, but `secrets` is `generated`: set secrets to `config` or remove them";
    return { value: undefined, problems: given === undefined ? [] : [problem] };
  }
  const { value, problems } = together(pairs.map((pair) => [pair.name, readPair(given, pair)]));
  const known = pairs.flatMap((pair) => neededBy(pair).map((name) => `passwords.${pair.name}.${name}`));
  const owner = `pair's ${passwordNames.join(", ")} (passwords.PAIR.NAME)`;
  return { value, problems: [...problems, ...unusedSecrets(given, "passwords", known, owner)] };
}

/** hapair has no role of its own in an external database. */
function neededBy({ pool }: Pair): readonly PasswordName[] {
  return passwordNames.filter((name) => name !== "probe" || !pool?.database.external);
}

function readPair(given: unknown, pair: Pair): Reading<Readonly<Record<PasswordName, string>>> {
  const needed = neededBy(pair);
  const read = (name: PasswordName) =>
    needed.includes(name) ? readPassword(given, pair.name, name) : { value: "", problems: [] };
  const [database, probe, stats] = [read("database"), read("probe"), read("stats")];
  return {
    value: { database: database.value, probe: probe.value, stats: stats.value },
    problems: [database, probe, stats].flatMap(({ problems }) => problems),
  };
}

/** Quotes and spaces are allowed; a line break would end the line of a config file. */
function readPassword(given: unknown, pair: string, name: PasswordName): Reading<string> {
  const reading = readSecret(given, ["passwords", pair, name]);
  const path = `passwords.${pair}.${name}`;
  const problem = passwordProblem(name, reading.value);
  if (problem === undefined) return reading;
  const remedy = `npm run pulumi -- config set --secret --path 'hapair:${path}'`;
  return { value: "", problems: [`${path}: ${problem}: ${remedy}`] };
}

function passwordProblem(name: PasswordName, password: string): string | undefined {
  // The stats page asks for its password over HTTP, where nothing prepares it.
  return name === "stats" ? lineProblem(password) : sqlPasswordProblem(password);
}

/** Why a text cannot be the password of a role of PostgreSQL; undefined where it can. */
export function sqlPasswordProblem(password: string): string | undefined {
  const problem = lineProblem(password);
  if (problem !== undefined) return problem;
  if (driversDiffer(password))
    return "has characters that SASLprep (RFC 4013) prohibits beside others that it replaces, so that some of PostgreSQL's drivers could not log in: set one without spaces and symbols outside ASCII";
  return undefined;
}

function lineProblem(password: string): string | undefined {
  return /\p{Cc}/u.test(password) ? "has a control character or line break: set one without" : undefined;
}
