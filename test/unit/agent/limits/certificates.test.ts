import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { endingCertificates } from "../../../../agent/limits/certificates.ts";
import type { StoredCertificate } from "../../../../contract/agentConfig.ts";
import { signed } from "../../../harness/certificates.ts";
import { authority } from "../../topology/poolFixtures.ts";
import { ScratchHost } from "../apply/scratchHost.ts";

const file = "/etc/pgbouncer/some.pem";
/** Of the fixture's certificate. */
const end = Date.parse("2126-11-04T18:40:27Z");
const dayMs = 86_400_000;

let host: ScratchHost;
beforeEach(() => {
  host = new ScratchHost();
  mkdirSync(join(host.root, "etc/pgbouncer"), { recursive: true });
  writeFileSync(join(host.root, file), authority);
});
afterEach(() => host.remove());

const at = (ms: number, of: StoredCertificate["of"]) =>
  endingCertificates(host.root, [{ file, of }], new Date(ms));

test.each([
  ["poolers", 30, "the poolers' certificate", "renew it: another pool.tls.serial"],
  ["postgres", 30, "PostgreSQL's certificate", "renew it: another pool.tls.serial"],
  ["authority", 90, "the authority of the pair's certificates", "replace it, on the application's machines"],
  ["external-authority", 90, "the authority of the database's certificate", "add the next one"],
] as const)("the status warns before the end of a certificate of %s, %d days", (of, days, what, remedy) => {
  expect(at(end - (days + 1) * dayMs, of)).toEqual({ warnings: [], problems: [] });
  expect(at(end - (days - 0.5) * dayMs, of).warnings).toEqual([
    expect.stringContaining(`${what} (${file}) ends on 2126-11-04, in ${days - 1} days: ${remedy}`),
  ]);
  expect(at(end + dayMs, of).warnings).toEqual([
    expect.stringContaining(`${what} (${file}) has ended on 2126-11-04: ${remedy}`),
  ]);
});

test("of several, a server's first to end and an authority's last to end counts", () => {
  writeFileSync(join(host.root, file), `${authority}${signed("ten years").certificate}`);
  const inTwentyYears = Date.now() + 20 * 365 * dayMs;
  expect(at(inTwentyYears, "poolers").warnings).toEqual([expect.stringContaining("has ended")]);
  expect(at(inTwentyYears, "authority").warnings).toEqual([]);
});

test.each(["nothing\n", undefined])(
  "a certificate that cannot be read makes its end unknown (%j)",
  (text) => {
    const unread = text === undefined ? "/etc/pgbouncer/none.pem" : file;
    if (text !== undefined) writeFileSync(join(host.root, file), text);
    const certificates = [{ file: unread, of: "poolers" }] as const;
    expect(endingCertificates(host.root, certificates, new Date(end)).problems).toEqual([
      expect.stringMatching(`^when the poolers' certificate ends is unknown: ${unread}: `),
    ]);
  },
);
