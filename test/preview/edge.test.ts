import * as pulumi from "@pulumi/pulumi";
import type { MockResourceArgs } from "@pulumi/pulumi/runtime/index.js";
import { beforeAll, expect, test } from "vitest";
import { parseTopology } from "../../topology/parse.ts";
import { edgePair } from "../harness/edgePair.ts";
import { labWithPair } from "../unit/fixtures.ts";
import { type Made, mockedEngine } from "./mockedEngine.ts";

let made: Made;
let tokens: Readonly<Record<string, string>>;
let given: Readonly<Record<string, string>>;
const pem =
  "-----BEGIN PRIVATE KEY-----\nA\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n";

beforeAll(async () => {
  made = await mockedEngine("lab", ({ name }) => (name.includes("-routes-token-") ? `of ${name}` : pem));
  const { certificatesOf } = await import("../../components/certificates.ts");
  const { routesAccessOf } = await import("../../components/routesAccess.ts");
  const declare = (change: Record<string, unknown>) => {
    const [pair] = parseTopology(JSON.parse(JSON.stringify(labWithPair(change)))).pairs;
    if (pair === undefined) throw new Error("the lab has no pair");
    return { pair, certificates: certificatesOf(pair) };
  };
  const plain = (outputs: Readonly<Record<string, pulumi.Output<string>>> = {}) =>
    new Promise<Record<string, string>>((resolve) => {
      pulumi.all(outputs).apply(resolve);
    });
  const { pair } = declare(edgePair);
  tokens = await plain(routesAccessOf(pair, undefined)?.tokens);
  declare({ ...edgePair, routes: { ...edgePair.routes, serial: 2 } });
  declare({ name: "bare", pool: undefined, edge: {} });
  declare({ name: "own", edge: { tls: { certificate: "folder", folder: "/etc/letsencrypt/live/a" } } });
  const set = { database: "a password", adminKey: "k".repeat(40), tokens: { operator: "o", deployer: "d" } };
  given = await plain(routesAccessOf({ ...pair, name: "given" }, set)?.tokens);
  await pulumi.runtime.disconnect();
});

const named = (start: string) => made.filter(({ name }) => name.startsWith(start));
const namesIn = ({ inputs }: MockResourceArgs) =>
  /subjectAltName=(\S+)/.exec(String(inputs.create))?.[1]?.replace(/'$/, "").split(",");
const nodes = ["IP:10.0.1.100", "IP:127.0.0.1", "IP:10.0.1.20", "IP:10.0.1.21"];

test("the edge's certificate is for the pair, its domains with every name below them, and the names of the config", () => {
  const [edge] = named("pg-edge-certificate-");
  const names = ["apps.example.test", "*.apps.example.test", "shop.example.test"];
  expect(edge && namesIn(edge)).toEqual([...nodes, ...names.map((name) => `DNS:${name}`)]);
});

test("the API's certificate is for the pair alone, and another serial makes another one", () => {
  const all = named("pg-routes-certificate-");
  expect(new Set(all.map(({ name }) => name)).size).toBe(2);
  for (const certificate of all) expect(namesIn(certificate)).toEqual(nodes);
});

test("PostgreSQL has a certificate once the nodes keep routes in it, as for poolers on other hosts", () => {
  expect(named("pg-postgres-certificate-").map(namesIn)[0]).toEqual(["IP:10.0.1.30"]);
});

test("a pair without a pool has an authority for its edge, and one with a folder of its own no certificate", () => {
  expect(named("bare-").map(({ name }) => name.replace(/-[0-9a-f]{12}$/, ""))).toEqual([
    "bare-authority",
    "bare-edge-certificate",
  ]);
  expect(named("own-").map(({ name }) => name)).toEqual(["own-authority"]);
});

test("every token, the key and the password are made at random, once, and no command line has one", () => {
  expect(tokens).toEqual({
    operator: "of pg-routes-token-operator",
    deployer: "of pg-routes-token-deployer",
  });
  const secrets = ["password", "admin-key", "token-operator", "token-deployer"];
  for (const { inputs } of secrets.map((name) => made.named(`pg-routes-${name}`))) {
    expect(inputs.create).toMatch(/^head -c 24 \/dev\/urandom /);
    expect(inputs.logging).toBe("none");
  }
});

test("a stack whose secrets are in its config makes none", () => {
  expect(named("given-")).toEqual([]);
  expect(given).toEqual({ operator: "o", deployer: "d" });
});
