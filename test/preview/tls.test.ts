import * as pulumi from "@pulumi/pulumi";
import type { MockResourceArgs } from "@pulumi/pulumi/runtime/index.js";
import { beforeAll, expect, test } from "vitest";
import { parseTopology } from "../../topology/parse.ts";
import { labWithPair } from "../unit/fixtures.ts";
import { pools } from "../unit/topology/poolFixtures.ts";
import { type Made, mockedEngine } from "./mockedEngine.ts";

let made: Made;
const authority =
  "-----BEGIN PRIVATE KEY-----\nA\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n";

beforeAll(async () => {
  made = await mockedEngine("lab", () => authority);
  const { certificatesOf } = await import("../../components/certificates.ts");
  const declare = (pool: object, name = "pg") => {
    const { pairs } = parseTopology(labWithPair({ name, pool, egress: undefined }, { lab: {} }));
    for (const pair of pairs) certificatesOf(pair);
  };
  for (const [kind, serial] of [
    ["two-machines", 1],
    ["two-machines", 2],
    ["on-nodes", 1],
  ] as const)
    declare({ ...pools[kind].pool, tls: { mode: "required", names: ["db.example.com"], serial } });
  declare({ machines: [{ name: "db1", address: "10.0.1.30" }], tls: { mode: "off" } }, "plain");
  await pulumi.runtime.disconnect();
});

const certificates = () => made.filter(({ name }) => name.startsWith("pg-certificate-"));
const namesIn = ({ inputs }: MockResourceArgs) =>
  /subjectAltName=(\S+)/.exec(String(inputs.create))?.[1]?.split(",");

test("a certificate is for the virtual address, every node, every host with poolers, and the names of the config", () => {
  const nodes = ["IP:10.0.1.100", "IP:127.0.0.1", "IP:10.0.1.20", "IP:10.0.1.21"];
  const [machines, , onNodes] = certificates().map(namesIn);
  expect(machines).toEqual([...nodes, "IP:10.0.1.30", "IP:10.0.1.31", "DNS:db.example.com"]);
  expect(onNodes).toEqual([...nodes, "DNS:db.example.com"]);
});

test("PostgreSQL's certificate is for its own address, and of the same authority", () => {
  const ofPostgres = made.filter(({ name }) => name.startsWith("pg-postgres-certificate-"));
  for (const certificate of ofPostgres) expect(namesIn(certificate)).toEqual(["IP:10.0.1.30"]);
  expect(ofPostgres).toHaveLength(3);
  expect(made.filter(({ name }) => name === "pg-authority")).toHaveLength(3);
});

test("another serial makes another certificate", () => {
  const [first, second] = certificates();
  expect(first && namesIn(first)).toEqual(second && namesIn(second));
  expect(first?.name).not.toBe(second?.name);
});

test("the authority's key goes to the certificate's command on its standard input, as a secret", () => {
  for (const { inputs } of certificates()) {
    expect(pulumi.runtime.isRpcSecret(inputs.stdin)).toBe(true);
    expect(inputs.create).not.toContain("BEGIN");
  }
});

test("a pair without TLS keeps its authority, and has no certificate", () => {
  const own = made.map(({ name }) => name).filter((name) => name.startsWith("plain-"));
  expect(own).toEqual(["plain-authority"]);
});
