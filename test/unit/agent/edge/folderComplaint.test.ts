import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { folderComplaint, folderWarnings } from "../../../../agent/edge/folderComplaint.ts";
import type { AgentConfig } from "../../../../contract/agentConfig.ts";
import { type Signed, signed } from "../../../harness/certificates.ts";
import { type CertificateBed, certificateBed } from "./certificateBed.ts";

let good: Signed;
let other: Signed;
let bed: CertificateBed;

beforeAll(() => {
  good = signed("shop", undefined, "DNS:shop.example.com");
  other = signed("other", undefined, "DNS:other.example.com");
});
beforeEach(() => {
  bed = certificateBed(["shop.example.com"]);
});
afterEach(() => bed[Symbol.dispose]());

const config = (): AgentConfig => ({
  host: "haproxy1",
  node: {
    virtualAddress: "10.0.1.100",
    runtimeSocket: "/run/haproxy/admin.sock",
    masterSocket: "/run/haproxy-master.sock",
    serverStateFile: "/var/lib/haproxy/server-state",
    edge: { certificate: bed.certificate },
  },
});
/** Whether a bundle with this folder is refused; `live` is the config before. */
const complaint = (staging: boolean, live?: AgentConfig) =>
  folderComplaint({ host: bed.host, folder: "/staged", files: [], config: config(), live, staging });
const copyFile = () => join(bed.root, bed.certificate.file);

test("the first roll-out with a folder keeps the copy that HAProxy then starts with", () => {
  bed.renew(good);
  expect(complaint(true)).toBeUndefined();
  expect(readFileSync(copyFile(), "utf8")).toContain("PRIVATE KEY");
});

test("a roll-out with a folder that is missing, or whose certificate cannot be used, is refused before a host changes", () => {
  expect(complaint(true)).toMatch(/fullchain\.pem: it does not exist/);
  bed.renew({ ...good, key: other.key });
  expect(complaint(true)).toMatch(/privkey\.pem: belongs to another certificate/);
  bed.renew(other);
  expect(complaint(true)).toMatch(/fullchain\.pem: is not for shop\.example\.com/);
  expect(existsSync(copyFile())).toBe(false);
});

test("a folder that breaks afterwards neither replaces the copy nor stops what was staged, or the way back", () => {
  bed.renew(good);
  expect(complaint(true)).toBeUndefined();
  const kept = readFileSync(copyFile(), "utf8");
  bed.renew(other);
  expect(complaint(true, config())).toMatch(/is not for shop/);
  expect(complaint(false, config())).toBeUndefined();
  expect(complaint(false)).toBeUndefined();
  expect(readFileSync(copyFile(), "utf8")).toBe(kept);
});

test("the status warns while the folder's certificate is not taken over", () => {
  const { node } = config();
  if (node === undefined) throw new Error("no node");
  bed.renew(good);
  expect(folderWarnings(bed.host, node)).toEqual([]);
  bed.renew({ key: other.key });
  expect(folderWarnings(bed.host, node)).toEqual([
    expect.stringMatching(/^the edge goes on with its old certificate: .*privkey\.pem: belongs to another/),
  ]);
  const { edge: _, ...without } = node;
  expect(folderWarnings(bed.host, without)).toEqual([]);
});
