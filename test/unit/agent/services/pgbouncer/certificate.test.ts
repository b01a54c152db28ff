import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { pgbouncer } from "../../../../../agent/services/pgbouncer.ts";
import type { AgentConfig } from "../../../../../contract/agentConfig.ts";
import { authority } from "../../../topology/poolFixtures.ts";
import { ScratchHost } from "../../apply/scratchHost.ts";

const certificateFile = "/etc/pgbouncer/tls.crt";
/** Of the fixture's certificate. */
const end = Date.parse("2126-11-04T18:40:27Z");
const dayMs = 86_400_000;

let host: ScratchHost;
beforeEach(() => {
  host = new ScratchHost();
  mkdirSync(join(host.root, "etc/pgbouncer"), { recursive: true });
  writeFileSync(join(host.root, certificateFile), authority);
});
afterEach(() => host.remove());

const statusAt = (ms: number, pool: AgentConfig["pool"] = { poolers: [], certificateFile }) => {
  host.now = () => new Date(ms);
  return pgbouncer.status?.(host, { host: "db1", pool });
};

test("the status warns in the last thirty days of the poolers' certificate, with the remedy, and after its end", async () => {
  expect(await statusAt(end - 31 * dayMs)).toMatchObject({ warnings: [], problems: [] });
  expect((await statusAt(end - 29.5 * dayMs))?.warnings).toEqual([
    expect.stringMatching(
      /^the poolers' certificate ends on 2126-11-04, in 29 days: renew it: .*pool\.tls\.serial/,
    ),
  ]);
  expect((await statusAt(end + dayMs))?.warnings).toEqual([
    expect.stringMatching(/^the poolers' certificate has ended on 2126-11-04: renew it: /),
  ]);
  expect(await statusAt(end, { poolers: [] })).toMatchObject({ warnings: [], problems: [] });
});

test("a certificate that cannot be read makes its end unknown", async () => {
  writeFileSync(join(host.root, certificateFile), "nothing\n");
  expect((await statusAt(end))?.problems).toEqual([
    expect.stringMatching(/^when the poolers' certificate ends is unknown: \/etc\/pgbouncer\/tls\.crt: /),
  ]);
});
