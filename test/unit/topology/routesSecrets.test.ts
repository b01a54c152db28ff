import { beforeAll, describe, expect, test } from "vitest";
import { parseTopology } from "../../../topology/parse.ts";
import { readCertificates } from "../../../topology/secrets/certificates.ts";
import { readRoutesSecrets } from "../../../topology/secrets/routes.ts";
import { type Signed, signed } from "../../harness/certificates.ts";
import { edgePair } from "../../harness/edgePair.ts";
import { labWithPair } from "../fixtures.ts";

const topology = parseTopology(labWithPair(edgePair, { secrets: "config" }));
const random = (letter: string) => letter.repeat(43);
const given = {
  database: "a password",
  adminKey: random("k"),
  tokens: { operator: random("o"), deployer: random("d") },
};
const problems = (pg: object) => readRoutesSecrets(topology, { pg }).problems;

describe("secrets of routes that a person sets", () => {
  test("are the database's password, the administrator's key and each token", () => {
    expect(readRoutesSecrets(topology, { pg: given })).toEqual({ value: { pg: given }, problems: [] });
  });

  test("are all asked for, each with its command", () => {
    const set = (name: string) =>
      `routes.pg.${name}: is missing: npm run pulumi -- config set --secret --path 'hapair:routes.pg.${name}'`;
    expect(problems({})).toEqual(
      ["database", "adminKey", "tokens.operator", "tokens.deployer"].map((name) => set(name)),
    );
  });

  test("are long enough that nobody guesses them from their SHA-256, and are never named themselves", () => {
    for (const token of ["short-secret", "ä".repeat(40), `${random("a")} b`, "x".repeat(201)]) {
      const [problem, ...more] = problems({ ...given, tokens: { ...given.tokens, operator: token } });
      expect(more).toEqual([]);
      expect(problem).toMatch(/^routes\.pg\.tokens\.operator: expected 32 to 200 printable characters/);
      expect(problem).not.toContain(token);
    }
    expect(problems({ ...given, tokens: { operator: random("o"), deployer: random("o") } })).toEqual([
      "routes.pg.tokens.deployer: is the text of routes.pg.tokens.operator: each name needs one of its own",
    ]);
    expect(problems({ ...given, database: "two\nlines" })).toEqual([
      expect.stringContaining("routes.pg.database: has a control character or line break"),
    ]);
  });

  test("that nothing uses are refused, as all are that a stack makes itself", () => {
    expect(problems({ ...given, tokens: { ...given.tokens, other: random("x") } })).toEqual([
      expect.stringContaining("routes.pg.tokens.other: belongs to no pair with routes"),
    ]);
    const generated = parseTopology(labWithPair(edgePair));
    expect(readRoutesSecrets(generated, undefined)).toEqual({ value: undefined, problems: [] });
    expect(readRoutesSecrets(generated, { pg: given }).problems).toEqual([
      "routes: set, but `secrets` is `generated`: set secrets to `config` or remove them",
    ]);
  });
});

describe("an edge's certificate that a person sets", () => {
  let own: Signed;
  let root: Signed;
  beforeAll(() => {
    root = signed("root");
    own = signed("edge", root, "DNS:*.apps.example.test,DNS:shop.example.test");
  });
  const read = (edge: object, tls: object = {}) => {
    const change = { edge: { domains: ["apps.example.test"], tls: { certificate: "given", ...tls } } };
    return readCertificates(parseTopology(labWithPair(change)), { pg: { edge } });
  };
  const pair = () => ({ certificate: own.certificate, key: own.key });

  test("may be of any authority, and is for the names that the edge serves", () => {
    expect(read(pair())).toEqual({ value: { pg: { edge: pair() } }, problems: [] });
    expect(read(pair(), { names: ["shop.example.test", "*.apps.example.test"] }).problems).toEqual([]);
    expect(read(pair(), { names: ["*.example.test"] }).problems).toEqual([
      "certificates.pg.edge.certificate: is not for *.example.test, by which clients connect: get one with that name, or change edge.tls.names",
    ]);
  });

  test("is missed, and refused with the key of another one", () => {
    expect(read({}).problems).toEqual([
      expect.stringContaining("certificates.pg.edge.certificate: is missing"),
      expect.stringContaining("certificates.pg.edge.key: is missing"),
    ]);
    expect(read({ ...pair(), key: root.key }).problems).toEqual([
      "certificates.pg.edge.key: belongs to another certificate",
    ]);
    expect(read({ ...pair(), authority: root.certificate }).problems).toEqual([
      expect.stringContaining("certificates.pg.edge.authority: belongs to no pair whose"),
    ]);
  });
});
