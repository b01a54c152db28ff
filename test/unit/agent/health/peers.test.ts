import { expect, test } from "vitest";
import { isAnyPeerFit } from "../../../../agent/health/recovery.ts";
import type { EgressPage } from "../../../../contract/egressPage.ts";
import { freePort } from "../../../harness/freePort.ts";
import { peerPage } from "../address/addressFixtures.ts";
import { httpTarget } from "../egress/probeFixtures.ts";

/** Whether a node that shows this page counts as one that could take the clients, beside one that does not answer. */
async function isFit(page: EgressPage): Promise<boolean> {
  await using peer = await httpTarget((_, response) => response.end(JSON.stringify(page)));
  const ports = [await freePort(), peer.port];
  return await isAnyPeerFit(ports.map((port) => ({ address: "127.0.0.1", port })));
}

test("a node is fit to take the clients where its HAProxy and keepalived serve, and it has not given the address up", async () => {
  const { vip } = peerPage;
  expect(await isFit(peerPage)).toBe(true);
  expect(await isFit({ ...peerPage, haproxy: { answers: false, problem: "no answer" } })).toBe(false);
  // Its own HAProxy hangs, or its keepalived does not run.
  expect(await isFit({ ...peerPage, vip: { ...vip, able: false } })).toBe(false);
  expect(await isFit({ ...peerPage, vip: { ...vip, givenUp: true } })).toBe(false);
  expect(await isAnyPeerFit([])).toBe(false);
});
