import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readCertificateFile, readCertificateFolder } from "../../../../agent/edge/certificateFiles.ts";
import { type Signed, signed } from "../../../harness/certificates.ts";
import { type CertificateBed, certificateBed } from "./certificateBed.ts";

let root: Signed;
let good: Signed;
let other: Signed;
let bed: CertificateBed;

beforeAll(() => {
  root = signed("root");
  good = signed("shop", root, "DNS:shop.example.com,DNS:*.apps.example.com");
  other = signed("other", root, "DNS:other.example.com");
  bed = certificateBed(["shop.example.com", "*.apps.example.com"]);
});
afterAll(() => bed[Symbol.dispose]());
beforeEach(() => bed.renew(good));

const read = (now = new Date()) => readCertificateFolder(bed.root, bed.folder, now);
const inFolder = (name: string) => `${bed.folder.path}/${name}`;

describe("a certificate in a folder", () => {
  test("is read with its chain and its key, whatever else the files have", () => {
    bed.renew({ certificate: `Subject: shop\n\n${good.certificate}\n\n${root.certificate}\n\n` });
    const { pem, fingerprint } = read();
    expect(pem).not.toMatch(/\n\n|Subject/);
    expect(pem.match(/-----BEGIN [A-Z ]+-----/g)).toEqual([
      ...["-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----", "-----BEGIN PRIVATE KEY-----"],
    ]);
    expect(fingerprint).toMatch(/^[0-9A-F]{40}$/);
    // As HAProxy has it at its start, in one file.
    writeFileSync(join(bed.root, "edge.pem"), pem);
    expect(readCertificateFile(bed.root, { file: "/edge.pem" })).toEqual({ pem, fingerprint });
  });

  test.each<readonly [string, () => void, string]>([
    [
      "belongs to another key",
      () => bed.renew({ key: other.key }),
      "privkey.pem: belongs to another certificate",
    ],
    [
      "has another name",
      () => bed.renew(other),
      "fullchain.pem: is not for shop.example.com and *.apps.example.com",
    ],
    ["is none", () => bed.renew({ certificate: "nothing" }), "fullchain.pem: has no certificate in PEM"],
    [
      "is broken",
      () => bed.renew({ certificate: good.certificate.replace(/MII/, "AAA") }),
      "fullchain.pem: has no certificate in PEM, or one that is broken",
    ],
    ["has no key", () => bed.renew({ key: good.certificate }), "privkey.pem: has no private key in PEM"],
    [
      "is missing",
      () => rmSync(join(bed.root, inFolder("fullchain.pem"))),
      "fullchain.pem: it does not exist (ENOENT)",
    ],
    [
      "is a pipe, at which nobody waits",
      () => {
        rmSync(join(bed.root, inFolder("privkey.pem")));
        execFileSync("mkfifo", [join(bed.root, inFolder("privkey.pem"))]);
      },
      "privkey.pem: is no file with a certificate",
    ],
  ])("that %s is refused, with the file and what to do", (_, spoil, words) => {
    spoil();
    expect(() => read()).toThrow(words);
    rmSync(join(bed.root, inFolder("privkey.pem")), { force: true });
  });

  test("is valid now", () => {
    const dayMs = 86_400_000;
    expect(() => read(new Date(Date.now() + 4000 * dayMs))).toThrow(
      /fullchain\.pem: CN=shop has expired on .*: renew it/,
    );
    expect(() => read(new Date(Date.now() - dayMs))).toThrow(/fullchain\.pem: CN=shop is not valid before/);
  });

  test("does not show its key in an error", () => {
    bed.renew({ key: good.key.replace(/[A-Za-z]{4}/, "????") });
    expect(() => read()).toThrow(/^[^?]*$/);
  });
});
