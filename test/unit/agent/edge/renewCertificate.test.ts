import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readCertificateFolder } from "../../../../agent/edge/certificateFiles.ts";
import { renewCertificate } from "../../../../agent/edge/renewCertificate.ts";
import { type Signed, signed } from "../../../harness/certificates.ts";
import { type CertificateBed, certificateBed } from "./certificateBed.ts";

let root: Signed;
let old: Signed;
let renewed: Signed;
let bed: CertificateBed;

beforeAll(() => {
  root = signed("root");
  [old, renewed] = ["shop", "shop"].map((name) => signed(name, root, "DNS:shop.example.com")) as [
    Signed,
    Signed,
  ];
});
beforeEach(() => {
  bed = certificateBed(["shop.example.com"]);
  bed.renew(old);
});
afterEach(() => bed[Symbol.dispose]());

/** HAProxy's administrator: what it shows, what it was asked, and what it answers to a commit. */
function haproxy(shown: string) {
  const worker = {
    shown,
    commit: "Committing edge\nSuccess!\n",
    asked: [] as string[],
    open: undefined as string | undefined,
    ask: async (command: string, payload?: string) => {
      worker.asked.push(command.replace(/ cert .*/, ""));
      if (command.startsWith("set")) {
        worker.open = payload ?? "";
        return "Transaction created for certificate edge!\n";
      }
      if (command.startsWith("commit")) {
        if (!worker.commit.includes("Success!")) return worker.commit;
        worker.shown = worker.open ?? "";
        return worker.commit;
      }
      if (command.startsWith("abort")) return "Transaction aborted for certificate 'edge'!\n";
      return `Filename: edge\nStatus: Used\nSHA1 FingerPrint: ${prints.get(worker.shown)}\n`;
    },
  };
  return worker;
}

/** SHA-1 of what HAProxy is given, by its PEM. */
const prints = new Map<string, string>();
/** Puts it into the folder; what HAProxy would be given of it. */
function put(signed: Signed) {
  bed.renew(signed);
  const found = readCertificateFolder(bed.root, bed.folder, new Date());
  prints.set(found.pem, found.fingerprint);
  return found;
}
const copy = () => readFileSync(join(bed.root, bed.certificate.file), "utf8");
const renew = (worker: ReturnType<typeof haproxy>) => renewCertificate(bed.host, bed.certificate, worker.ask);

describe("a certificate that was renewed in a folder", () => {
  test("is shown without a reload, and kept for HAProxy's next start where root alone reads it", async () => {
    const worker = haproxy(put(old).pem);
    const { pem } = put(renewed);
    expect(await renew(worker)).toBe("set");
    expect([worker.shown, copy()]).toEqual([pem, pem]);
    expect(statSync(join(bed.root, bed.certificate.file)).mode & 0o777).toBe(0o600);
    expect(bed.ran).toEqual([]);
    expect(await renew(worker)).toBe("in use already");
  });

  test("is set again where a worker shows another one than the copy, as after a reload meanwhile", async () => {
    const before = put(old).pem;
    const worker = haproxy(before);
    put(renewed);
    await renew(worker);
    worker.shown = before;
    expect(await renew(worker)).toBe("set");
    expect(worker.shown).toBe(copy());
  });

  test("is waited for while its links are replaced one after the other", async () => {
    const worker = haproxy(put(old).pem);
    const { pem } = put(renewed);
    bed.renew({ certificate: old.certificate });
    bed.meanwhile = () => bed.renew(renewed);
    expect(await renew(worker)).toBe("set");
    expect(worker.shown).toBe(pem);
  });

  test.each<readonly [string, () => void, RegExp]>([
    [
      "the key of another",
      () => bed.renew({ key: renewed.key }),
      /privkey\.pem: belongs to another certificate/,
    ],
    ["no file", () => bed.renew({ certificate: "" }), /fullchain\.pem: has no certificate/],
    [
      "one that has expired",
      () => {
        bed.now = new Date(Date.now() + 4000 * 86_400_000);
      },
      /fullchain\.pem: CN=shop has expired/,
    ],
  ])("with %s in its place is not, and the old one stays", async (_, spoil, words) => {
    const worker = haproxy(put(old).pem);
    await renew(worker);
    const [shown, kept] = [worker.shown, copy()];
    spoil();
    worker.asked.length = 0;
    await expect(renew(worker)).rejects.toThrow(words);
    expect([worker.shown, copy(), worker.asked]).toEqual([shown, kept, []]);
  });

  test("that HAProxy refuses is given up there, and the copy stays the old one", async () => {
    const worker = haproxy(put(old).pem);
    put(old);
    await renew(worker);
    const kept = copy();
    put(renewed);
    worker.commit = "Committing edge\nunable to load the certificate\nFailed!\n";
    await expect(renew(worker)).rejects.toThrow(
      /haproxy refuses the certificate .*unable to load the certificate/,
    );
    expect(worker.asked.at(-1)).toBe("abort ssl");
    expect(copy()).toBe(kept);
  });

  test("that is too large for HAProxy's socket comes with a reload, which leaves the old one where it fails", async () => {
    const worker = haproxy(put(old).pem);
    await renew(worker);
    const kept = copy();
    const many = Array.from({ length: 40 }, () => root.certificate).join("");
    const { pem } = put({ key: renewed.key, certificate: `${renewed.certificate}${many}` });
    bed.status = 1;
    await expect(renew(worker)).rejects.toThrow(/haproxy\.service: reload failed/);
    expect(copy()).toBe(kept);
    bed.status = 0;
    expect(await renew(worker)).toBe("reloaded");
    expect(copy()).toBe(pem);
    expect(bed.ran.at(-1)).toBe("systemctl reload haproxy.service");
  });
});

test("a certificate of the bundle is shown as it is on disk, and has no copy", async () => {
  const worker = haproxy(put(old).pem);
  const { pem } = put(renewed);
  mkdirSync(join(bed.root, "etc/haproxy"), { recursive: true });
  writeFileSync(join(bed.root, "etc/haproxy/edge.pem"), `${renewed.certificate}\n${renewed.key}`);
  const certificate = { name: "edge.pem", file: "/etc/haproxy/edge.pem" };
  expect(await renewCertificate(bed.host, certificate, worker.ask)).toBe("set");
  expect(worker.shown).toBe(pem);
  expect(existsSync(join(bed.root, bed.certificate.file))).toBe(false);
});
