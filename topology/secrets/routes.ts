import type { Pair, Topology } from "../topology.ts";
import { sqlPasswordProblem } from "./passwords.ts";
import { type Reading, readSecret, together, unusedSecrets } from "./secretText.ts";

const key = "routes";
const owner = `pair with routes (${key}.PAIR.NAME with NAME database, adminKey or tokens.TOKEN)`;

/** Secrets of a pair's routes, in plain text. */
export interface RoutesSecrets {
  /** Password of the role in their database. */
  readonly database: string;
  /** What a restart of HAProxy by the API asks for beside a token. */
  readonly adminKey: string;
  /** By name. */
  readonly tokens: Readonly<Record<string, string>>;
}

/** Those that a person has set, by pair; `undefined` for a stack that generates them. */
export function readRoutesSecrets(
  { secrets, pairs }: Topology,
  given: unknown,
): Reading<Readonly<Record<string, RoutesSecrets>> | undefined> {
  if (secrets === "generated") {
    const problem = `${key}: set, but \`secrets\` is \`generated\`: set secrets to \`config\` or remove them`;
    return { value: undefined, problems: given === undefined ? [] : [problem] };
  }
  const takers = pairs.filter(({ routes }) => routes !== undefined);
  const readings = takers.map((pair) => [pair.name, readPair(given, pair)] as const);
  const known = takers.flatMap((pair) => partsOf(pair).map((part) => [key, pair.name, ...part].join(".")));
  return {
    value: Object.fromEntries(readings.map(([name, { value }]) => [name, value])),
    problems: [
      ...readings.flatMap(([, { problems }]) => problems),
      ...unusedSecrets(given, key, known, owner),
    ],
  };
}

function tokensOf({ routes }: Pair): readonly string[] {
  return routes?.tokens.map(({ name }) => name) ?? [];
}

/** Paths below the pair. */
function partsOf(pair: Pair): readonly (readonly string[])[] {
  return [["database"], ["adminKey"], ...tokensOf(pair).map((name) => ["tokens", name])];
}

function readPair(given: unknown, pair: Pair): Reading<RoutesSecrets> {
  const at = (...part: readonly string[]) => readPart(given, [key, pair.name, ...part]);
  const [database, adminKey] = [at("database"), at("adminKey")];
  const tokens = together(tokensOf(pair).map((name) => [name, at("tokens", name)]));
  const same = sameTokens(`${key}.${pair.name}.tokens`, tokens.value);
  return {
    value: { database: database.value, adminKey: adminKey.value, tokens: tokens.value },
    problems: [...[database, adminKey, tokens].flatMap(({ problems }) => problems), ...same],
  };
}

/** Which of two names a caller has could not be told. */
function sameTokens(path: string, tokens: RoutesSecrets["tokens"]): readonly string[] {
  const first = new Map<string, string>();
  return Object.entries(tokens).flatMap(([name, token]) => {
    const owner = token && first.get(token);
    if (token && !owner) first.set(token, name);
    return owner ? [`${path}.${name}: is the text of ${path}.${owner}: each name needs one of its own`] : [];
  });
}

function readPart(given: unknown, path: readonly string[]): Reading<string> {
  const reading = readSecret(given, path);
  if (reading.problems.length > 0) return reading;
  const fault = path.at(-1) === "database" ? sqlPasswordProblem(reading.value) : randomFault(reading.value);
  if (fault === undefined) return reading;
  const name = path.join(".");
  return {
    value: "",
    problems: [`${name}: ${fault}: npm run pulumi -- config set --secret --path 'hapair:${name}'`],
  };
}

/** Hosts keep the SHA-256 alone, which hides only what nobody can guess. */
function randomFault(text: string): string | undefined {
  return /^[\x21-\x7e]{32,200}$/.test(text)
    ? undefined
    : "expected 32 to 200 printable characters without spaces, made at random (openssl rand -hex 32)";
}
