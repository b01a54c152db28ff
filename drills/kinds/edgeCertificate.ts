import { X509Certificate } from "node:crypto";
import { Failure } from "../../base/failure.ts";
import { Bundle } from "../../contract/bundle.ts";
import { certificatePaths, runtimeSocket } from "../../render/paths.ts";
import { applyBundle, liveBundle, withFile } from "../bundles.ts";
import { type OwnCertificate, ownCertificate } from "../clients/edge/ownCertificate.ts";
import { startEdgeSessions } from "../clients/edge/sessions.ts";
import { askedHost } from "../clients/pace.ts";
import { run } from "../machine.ts";
import { type DrilledPair, edgeOf } from "../pair.ts";
import { nowMs, waitUntil } from "../time.ts";
import { edgeKind } from "./edge.ts";
import { otherAddresses, welcomed } from "./edgeLoad.ts";

const renewals = 20;
/** Each gets a quarter of the new connections: fewer than the edge lets one address make. */
const addresses = 4;
const sessions = { newEveryMs: 10, kept: 20, webSockets: 50, everyMs: 250, deadlineMs: 5000 };
const seenWithinMs = 5000;

/** Serial number of the certificate that a node's own edge shows. */
const shows = `require("tls").connect({ host: "127.0.0.1", port: Number(process.argv[1]), rejectUnauthorized: false }, function () {
  console.log(this.getPeerCertificate().serialNumber);
  this.destroy();
});`;
const info = `require("net").connect("${runtimeSocket}", function () { this.end("show info\\n"); this.pipe(process.stdout); });`;

export const certRenewal = edgeKind({
  description: `the edge's certificate is renewed ${renewals} times on both nodes, under 100 new connections a second, ${sessions.kept} kept ones and ${sessions.webSockets} WebSockets`,
  ask: "query",
  // Applies and handshakes take most of two cores.
  promptMs: 1000,
  variants: 1,
  lengthy: true,
  play: async (round) => {
    const { pair, signal, restore, fault, served, healthy } = round;
    const { domain, authority, ports } = edgeOf(pair);
    const onNodes = <Found>(work: (node: string) => Promise<Found>) => Promise.all(pair.nodes.map(work));
    const own = Array.from({ length: renewals }, () => ownCertificate(`*.${domain}`));
    const bundles = new Map(await onNodes(async (node) => [node, await liveBundle(pair, node)] as const));
    const worker = async (node: string) =>
      /^Pid: (\d+)$/m.exec(await run(pair.lab, node, ["node", "-e", info]))?.[1];
    const workers = await onNodes(worker);
    const sources = await otherAddresses(round, addresses);
    for (const source of sources) await welcomed(round, source);
    const clients = await startEdgeSessions(pair.lab, {
      ...{ address: pair.vip.address, port: ports.https, host: askedHost(pair), sources: [...sources] },
      ca: [authority, ...own.map(({ certificate }) => certificate)].join("\n"),
      ...sessions,
    });
    restore(() => clients.stop());
    restore(async () => void (await onNodes((node) => apply(pair, node, bundles.get(node) ?? ""))));
    for (const one of own) {
      const updated = await onNodes((node) =>
        apply(pair, node, withCertificate(bundles.get(node) ?? "", one)),
      );
      if (!updated.every(Boolean)) fault("a renewed certificate came with a reload of HAProxy");
      const serial = new X509Certificate(one.certificate).serialNumber;
      const unseen = async () => {
        const shown = await onNodes((node) =>
          run(pair.lab, node, ["node", "-e", shows, String(ports.https)]),
        );
        const isSeen = shown.every((one) => one.trim() === serial) && clients.serials().includes(serial);
        return isSeen ? undefined : `the certificate ${serial} is not seen on all nodes and by clients`;
      };
      await waitUntil(unseen, seenWithinMs, signal);
    }
    await clients.stop();
    for (const problem of clients.problems()) fault(`a client of the edge noticed: ${problem}`);
    if ((await onNodes(worker)).join() !== workers.join()) fault("HAProxy has another worker");
    await served(nowMs());
    await healthy();
  },
});

/** @throws Failure where the pair's certificate is in a folder of the nodes */
function withCertificate(text: string, { certificate, key }: OwnCertificate): string {
  const bundle = Bundle.parse(JSON.parse(text));
  if (!bundle.files.some(({ path }) => path === certificatePaths.edge))
    throw new Failure(
      "this pair's nodes have the edge's certificate in a folder: set edge.tls.certificate to made",
    );
  return withFile(bundle, certificatePaths.edge, () => `${certificate}${key}`);
}

/** Applies a bundle on a node. @returns whether HAProxy took its certificate over while it went on */
async function apply(pair: DrilledPair, node: string, text: string): Promise<boolean> {
  const { reloaded, updated } = await applyBundle(pair, node, text);
  return reloaded.length === 0 && updated.includes("haproxy.service");
}
