import { execFileSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { authorityScript, certificateScript } from "../../../components/certificateScripts.ts";
import { parsePem } from "../../../components/pem.ts";

const dayMs = 86_400_000;
const names = ["10.0.1.100", "db.example.com"];

let authority: X509Certificate;
let certificate: X509Certificate;
let key: string;

beforeAll(() => {
  const run = (script: string, input = "") =>
    execFileSync("sh", ["-c", script], { input, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] });
  const made = run(authorityScript("hapair pg authority", 3650));
  authority = new X509Certificate(parsePem(made, "the authority").certificate);
  const own = parsePem(run(certificateScript("hapair pg", names, 365), made), "the certificate");
  certificate = new X509Certificate(own.certificate);
  key = own.key;
});

test("a made certificate is signed by its authority, belongs to its key, and is for its names alone", () => {
  expect(certificate.checkIssued(authority) && certificate.verify(authority.publicKey)).toBe(true);
  expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(certificate.subjectAltName).toBe("IP Address:10.0.1.100, DNS:db.example.com");
  expect([authority.ca, certificate.ca]).toEqual([true, false]);
  expect([authority.subject, certificate.subject]).toEqual(["CN=hapair pg authority", "CN=hapair pg"]);
});

test("they are valid from a day before, so that a host whose clock is behind accepts them", () => {
  for (const [{ validFromDate, validToDate }, days] of [
    [authority, 3650],
    [certificate, 365],
  ] as const) {
    expect(Date.now() - validFromDate.getTime()).toBeGreaterThan(dayMs - 60_000);
    expect(Math.round((validToDate.getTime() - Date.now()) / dayMs)).toBe(days);
  }
});
