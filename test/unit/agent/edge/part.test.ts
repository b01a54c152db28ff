import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:tls";
import { expect, test } from "vitest";
import { openLog } from "../../../../agent/daemon/log.ts";
import type { PartContext } from "../../../../agent/daemon/part.ts";
import { openRegistry } from "../../../../agent/daemon/registry.ts";
import { edgePart } from "../../../../agent/edge/part.ts";
import { RouteEvent } from "../../../../contract/routes/event.ts";
import { signed } from "../../../harness/certificates.ts";

const metricOf = (text: string, metric: string) => new RegExp(`^${metric} (\\S+)$`, "m").exec(text)?.[1];

test("the metrics, the journal and the events say when the certificate ends that the edge shows, and whether a newer one is refused", async () => {
  const folder = mkdtempSync(join(tmpdir(), "hapair-edge-part-"));
  const shown = signed("shop", undefined, "DNS:shop.example.com");
  const server = createServer({ cert: shown.certificate, key: shown.key });
  server.on("tlsClientError", () => undefined).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const [registry, lines] = [openRegistry(), [] as string[]];
  const part = edgePart({ registry, log: openLog((line) => lines.push(line)) } as PartContext);
  const events: { readonly type: string; readonly problem?: string | null }[] = [];
  part.subscribe((event) => events.push(RouteEvent.parse(event) as (typeof events)[number]));
  const refusedFile = join(folder, "refused");
  try {
    part.start({ tls: { address: "127.0.0.1", port }, refusedFile });
    const end = async () => metricOf(await registry.metrics(), "hapair_edge_certificate_end_seconds");
    const wanted = Date.parse(new X509Certificate(shown.certificate).validTo) / 1000;
    await expect.poll(end, { timeout: 5000 }).toBe(String(wanted));
    const refused = async () => metricOf(await registry.metrics(), "hapair_edge_certificate_refused");
    expect(await refused()).toBe("0");
    writeFileSync(refusedFile, "it has expired\n");
    expect(await refused()).toBe("1");
    const told = () => events.map(({ type, problem }) => [type, problem]);
    await expect.poll(told, { timeout: 5000 }).toEqual([["certificate", "it has expired"]]);
    expect(lines.join()).toContain("certificate in this node's folder: it has expired");
    rmSync(refusedFile);
    await expect.poll(told, { timeout: 5000 }).toHaveLength(2);
    expect(told()[1]).toEqual(["certificate", null]);
    expect(lines.join()).toContain("certificate in this node's folder: is taken over");
    await part.stop();
    expect(await end()).toBeUndefined();
    server.close();
    // With the edge away nobody takes an old end for a good one.
    part.start({ tls: { address: "127.0.0.1", port } });
    const said = () => lines.join();
    await expect.poll(said, { timeout: 5000 }).toContain("certificate of the edge: connect ECONNREFUSED");
    expect(await end()).toBeUndefined();
  } finally {
    await part.stop();
    server.close();
    rmSync(folder, { recursive: true });
  }
}, 20_000);
