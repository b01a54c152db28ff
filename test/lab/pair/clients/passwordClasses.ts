import pg from "pg";
import { expect, it } from "vitest";
import { scramVerifier } from "../../../../render/secrets.ts";
import { driversDiffer } from "../../../../topology/secrets/saslprep.ts";
import { must } from "../../hosts/onHost.ts";
import type { LabPair } from "../labPair.ts";
import { type Drivers, type Login, openDrivers } from "./drivers.ts";

const ascii = String.fromCharCode(...Array.from({ length: 95 }, (_, index) => index + 32));

/** Passwords of each class that the config takes. */
const accepted: Readonly<Record<string, string>> = {
  "every character of ASCII": ascii,
  "a thousand characters": ascii.repeat(11).slice(0, 1000),
  "letters of Latin-1": "àéîõüßÿÀÞ",
  "letters that are written in two ways": "caf\u00e9 cafe\u0301",
  "letters that NFKC leaves alone": "Ωжѣğłđ",
  "letters that NFKC leaves alone, of after Unicode 3.2": "\u0221\u0240\u1e9e",
  "Chinese, Japanese and Korean": "\u6f22\u5b57 \uff76\u30bf\u30ab\u30ca \ud55c\u1112\u1161\u11ab",
  "an emoji": "caf \u{1F600}",
  "an emoji of before Unicode 3.2, with its variation": "\u2764\ufe0f",
  "spaces that are replaced, and characters that are removed": "a\u00a0b\u3000c\u200bd\u00ade",
  "signs that are replaced by others": "\u2460\ufb01\u00aa\u2122",
  "letters from right to left": "\u05d0\u00a01\u05d0 \u0627",
};

/** Passwords of each class that the config refuses. */
const refused: Readonly<Record<string, string>> = {
  "a space that is replaced, and an emoji": "caf\u00a0\u{1F600}",
  "emoji that are joined": "\u{1F469}\u200d\u{1F467}",
  "a ligature that is replaced, and a character for private use": "\ufb01\ue000",
  "a soft hyphen that is removed, and a mark of direction": "a\u00ad\u200e",
  "nothing but what is removed": "\u00ad\u200d",
  "a letter of after Unicode 3.2 that newer drivers replace": "\u{1CCD6}",
  "letters from right to left and from left to right, and a space that is replaced": "\u05d0\u00a0a\u05d0",
  "letters from right to left with a digit at the end, and a space that is replaced": "\u05d0\u00a01",
};

/** A character of each kind that SASLprep tells apart; each two of them make a password. */
const kinds = [
  ...["a", "e\u0301", "\u05d0", "\u00a0", "\u00ad", "\u2460"],
  ...["\u{1F600}", "\u200e", "\u{1CCD6}"],
];
const passwords = [
  ...[...Object.values(accepted), ...Object.values(refused), ...kinds],
  ...kinds.flatMap((one) => kinds.map((other) => `${one}${other}`)),
];

const role = "password_classes";
/** May set the other role's password, over a connection of its own. */
const keeper = { user: "password_keeper", password: "for-this-test" };

/** Which passwords PostgreSQL's drivers read alike. */
export function passwordClassTests(lab: () => LabPair): void {
  const postgres = (statements: string) =>
    must(lab().lab, lab().db.name, ["runuser", "-u", "postgres", "--", "psql", "-Xqc", statements]);

  it("psql, node-postgres and psycopg all log in with each password that a config may have, and differ on each that it may not", async () => {
    const { pool, forwardedUrl } = lab();
    const { hostname: host, port } = new URL(forwardedUrl);
    const at = { host, port: Number(port), database: pool.database.name };
    const verifier = scramVerifier(keeper.user, keeper.password);
    await postgres(`create role ${keeper.user} login createrole password '${verifier}'`);
    const keeping = new pg.Client({ ...at, ...keeper });
    const drivers = openDrivers();
    const found: Record<string, unknown> = {};
    try {
      await keeping.connect();
      await keeping.query(`create role ${role} login`);
      for (const password of passwords) {
        await keeping.query(`alter role ${role} password ${stored(password)}`);
        found[escaped(password)] = await answersOf(drivers, { ...at, user: role, password });
      }
    } finally {
      drivers.close();
      await keeping.end();
      await postgres(`drop role if exists ${role}; drop role ${keeper.user}`);
    }
    expect(found).toEqual(Object.fromEntries(passwords.map((one) => [escaped(one), expectedOf(one)])));
  }, 240_000);

  it("the classes above are taken and refused by a config's own check", () => {
    expect(Object.entries(accepted).filter(([, password]) => driversDiffer(password))).toEqual([]);
    expect(Object.entries(refused).filter(([, password]) => !driversDiffer(password))).toEqual([]);
  });
}

/** A SQL literal. A refused password has no verifier of hapair's: PostgreSQL makes its own. */
function stored(password: string): string {
  return pg.escapeLiteral(driversDiffer(password) ? password : scramVerifier(role, password));
}

/** `in` where each driver logs in; otherwise what each says, or that they differ. */
async function answersOf({ logIn }: Drivers, login: Login): Promise<unknown> {
  const answers = await Promise.all([logIn.psql(login), logIn.pg(login), logIn.psycopg(login)]);
  if (answers.every((answer) => answer === "in")) return "in";
  const known = answers.every((answer) => answer === "in" || answer.includes("authentication failed"));
  return known && answers.includes("in") ? "differ" : answers;
}

function expectedOf(password: string): string {
  return driversDiffer(password) ? "differ" : "in";
}

/** Readable where characters are invisible or change a line's direction. */
function escaped(password: string): string {
  return password.replace(/[^ -~]/gu, (character) => `<${character.codePointAt(0)?.toString(16)}>`);
}
