import { rootCertificates } from "node:tls";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { parseTopology } from "../../../topology/parse.ts";
import { readCertificates } from "../../../topology/secrets/certificates.ts";
import { type Signed, signed } from "../../harness/certificates.ts";
import { labWithPair, problemsOf } from "../fixtures.ts";

const machines = [{ name: "db1", address: "10.0.1.30" }];
const names = "IP:10.0.1.100,IP:127.0.0.1,DNS:db.example.com";
const existing = { target: "hosts", lab: undefined, hosts: { knownHosts: "~/.ssh/known_hosts" } };

let root: Signed;
let middle: Signed;
let other: Signed;
let server: Signed;
let direct: Signed;

beforeAll(() => {
  root = signed("root");
  other = signed("other root");
  middle = signed("middle", root);
  server = signed("db", middle, names);
  direct = signed("db", root, names);
});
afterEach(() => {
  vi.useRealTimers();
});

const config = (tls: object, rest: object) =>
  labWithPair(
    { pool: { machines, tls: { mode: "required", names: ["db.example.com"], ...tls } }, egress: undefined },
    { lab: {}, ...rest },
  );

/** Problems of these secrets of the pair. */
function problems(
  secrets: Readonly<Record<string, string>>,
  tls: object = { certificate: "given" },
  rest = {},
) {
  return readCertificates(parseTopology(config(tls, rest)), { pg: secrets }).problems;
}

const chain = (...certificates: readonly Signed[]) =>
  certificates.map(({ certificate }) => certificate).join("");

describe("a given certificate", () => {
  test("is taken with the authority that has signed it, and with those between them", () => {
    const { value, problems: none } = readCertificates(parseTopology(config({ certificate: "given" }, {})), {
      pg: { certificate: direct.certificate, key: direct.key, authority: root.certificate },
    });
    expect(none).toEqual([]);
    expect(value.pg?.poolers).toEqual({ ...direct, authority: root.certificate });
    const { key } = server;
    expect(problems({ certificate: chain(server, middle), key, authority: root.certificate })).toEqual([]);
    expect(problems({ certificate: chain(server), key, authority: chain(middle, root) })).toEqual([]);
    expect(problems({ certificate: chain(server, middle), key, authority: chain(other, root) })).toEqual([]);
  });

  test("may be its own authority", () => {
    const own = signed("db", undefined, names);
    expect(problems({ ...own, authority: own.certificate })).toEqual([]);
  });

  test.each<readonly [string, () => Readonly<Record<string, string>>, string]>([
    [
      "with an authority that has not signed it",
      () => ({ certificate: direct.certificate, key: direct.key, authority: other.certificate }),
      "certificates.pg.certificate: CN=db is signed by CN=root, whose certificate is missing: append it here, or set the secret `authority` to it, if it is the one that clients trust",
    ],
    [
      "with an authority of the same name that has not signed it",
      () => ({ certificate: direct.certificate, key: direct.key, authority: signed("root").certificate }),
      "certificates.pg.certificate: CN=db is signed by CN=root, whose certificate is missing: append it here, or set the secret `authority` to it, if it is the one that clients trust",
    ],
    [
      "whose intermediate authority is missing",
      () => ({ certificate: server.certificate, key: server.key, authority: root.certificate }),
      "certificates.pg.certificate: CN=db is signed by CN=middle, whose certificate is missing: append it here, or set the secret `authority` to it, if it is the one that clients trust",
    ],
    [
      "with an authority that is itself signed by another",
      () => ({ certificate: server.certificate, key: server.key, authority: middle.certificate }),
      "certificates.pg.authority: CN=middle is signed by CN=root, whose certificate is missing: append it here, or set the secret `authority` to it, if it is the one that clients trust",
    ],
    [
      "whose chain ends with another authority",
      () => ({ certificate: chain(direct, root), key: direct.key, authority: other.certificate }),
      "certificates.pg.authority: has not signed the certificate, whose chain ends with CN=root: set it to the certificate of CN=root",
    ],
    [
      "with another's key",
      () => ({ certificate: direct.certificate, key: server.key, authority: root.certificate }),
      "certificates.pg.key: belongs to another certificate",
    ],
    [
      "that is none",
      () => ({ certificate: "nothing", key: direct.key, authority: root.certificate }),
      "certificates.pg.certificate: has no certificate in PEM, or one that is broken: set the whole file",
    ],
    [
      "with an authority that is none",
      () => ({ certificate: direct.certificate, key: direct.key, authority: "nothing" }),
      "certificates.pg.authority: has no certificate in PEM, or one that is broken: set the whole file",
    ],
  ])("%s is refused, with the secret and what is missing", (_, secrets, problem) => {
    expect(problems(secrets())).toEqual([problem]);
  });

  test("is for the virtual address, for the names of the config, and in a lab for its forwarded ports", () => {
    const bare = signed("db", root, "DNS:other.example.com");
    const secrets = { ...bare, authority: root.certificate };
    const words = (name: string) =>
      `certificates.pg.certificate: is not for ${name}, by which clients connect: get one with that name`;
    expect(problems(secrets)).toEqual([
      words("10.0.1.100"),
      words("127.0.0.1"),
      `${words("db.example.com")}, or change pool.tls.names`,
    ]);
    expect(problems(secrets, { certificate: "given", names: [] }, existing)).toEqual([words("10.0.1.100")]);
  });

  test("is valid now, as its authorities are", () => {
    const secrets = { certificate: chain(server, middle), key: server.key, authority: root.certificate };
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 86_400_000 });
    expect(problems(secrets)).toEqual([
      expect.stringMatching(/^certificates\.pg\.certificate: CN=db is not valid before .*: wait, or correct/),
    ]);
    vi.setSystemTime(Date.now() + 4000 * 86_400_000);
    expect(problems(secrets)).toEqual([
      expect.stringMatching(/^certificates\.pg\.certificate: CN=db has expired on .*: renew it$/),
    ]);
  });
});

describe("a public certificate", () => {
  const tls = { certificate: "public" };

  test("is refused where not everybody trusts its authority, or the chain has a gap", () => {
    const { key } = server;
    expect(problems({ certificate: chain(server, middle, root), key }, tls, existing)).toEqual([
      "certificates.pg.certificate: its chain ends with CN=root, which not everybody trusts: set pool.tls.certificate to given, and the secret `authority` to the certificate of CN=root",
    ]);
    expect(problems({ certificate: chain(server), key }, tls, existing)).toEqual([
      "certificates.pg.certificate: CN=db is signed by CN=middle, whose certificate is missing: append it here, or set pool.tls.certificate to given, if not everybody trusts it",
    ]);
  });

  test("has a chain that may end with any authority that Node.js trusts", () => {
    const [publicRoot = ""] = rootCertificates;
    const found = problems({ certificate: publicRoot, key: server.key }, tls, existing);
    // Nobody here has its key, and it names no host: the chain alone is right.
    expect(found).toContain("certificates.pg.key: belongs to another certificate");
    expect(found.join()).not.toMatch(/chain|signed by/);
  });

  test("is refused in a lab, whose forwarded ports no public authority certifies", () => {
    expect(problemsOf(config(tls, {}))).toEqual([
      "pairs[0].pool.tls.certificate: public: clients of a lab connect to 127.0.0.1 too, which no public authority certifies: use made, or given with a certificate for it",
    ]);
  });
});

test("secrets of a certificate that the stack makes itself belong to nobody", () => {
  expect(problems({ certificate: direct.certificate }, {})).toEqual([
    expect.stringContaining("certificates.pg.certificate: belongs to no pair whose"),
  ]);
});
