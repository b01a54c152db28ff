import { createServer } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lookAround, wordOf } from "../../../../agent/address/join/look.ts";
import type { EgressPage } from "../../../../contract/egressPage.ts";
import { peerPage } from "../address/addressFixtures.ts";
import { ScratchHost } from "../apply/scratchHost.ts";
import { fullListener, listening, rawServer } from "../egress/probeFixtures.ts";

const own = "10.0.1.22";
const virtualAddress = "10.0.1.100";
const hardware = "02:00:00:00:00:14";

let stack: AsyncDisposableStack;
let host: ScratchHost;
/** Addresses for which a machine answers. */
let answered: readonly string[];

beforeEach(() => {
  stack = new AsyncDisposableStack();
  host = stack.adopt(new ScratchHost(), (made) => made.remove());
  answered = [virtualAddress];
  host.answer = (line) => {
    if (line.includes("route get"))
      return { status: 0, stdout: `${line.split(" ").at(-1)} dev host0 src ${own}` };
    if (!line.startsWith("ip neighbour show")) return undefined;
    const address = /to (\S+)/.exec(line)?.[1] ?? "";
    const state = answered.includes(address) ? `lladdr ${hardware} REACHABLE` : "FAILED";
    return { status: 0, stdout: `${address} dev host0 ${state}` };
  };
});
afterEach(() => stack.disposeAsync());

/** A peer at that port of this machine, whose page says this of the virtual address. */
const at = (port: number) => ({ name: "haproxy1", address: "127.0.0.1", port });
async function paged(vip: Partial<EgressPage["vip"]>) {
  const page = { ...peerPage, vip: { ...peerPage.vip, address: virtualAddress, ...vip } };
  const server = createServer((_, response) => response.end(JSON.stringify(page)));
  return at(stack.use(await listening(server)).port);
}
const look = (...peers: readonly ReturnType<typeof at>[]) =>
  lookAround(host, { virtualAddress, peers: [...peers] }, own);

test("a peer that knows this node says so, and whether it has the address", async () => {
  const peers = [await paged({ holder: true, peers: [own] }), await paged({ peers: ["10.0.1.99"] })];
  expect(await look(...peers)).toEqual({
    holder: false,
    answering: hardware,
    moving: false,
    peers: [
      { name: "haproxy1", says: "agrees", holder: true },
      { name: "haproxy1", says: "differs", why: "does not know it as a peer" },
    ],
  });
});

test("where nobody has the address, no peer is asked", async () => {
  answered = [];
  expect(await look(await paged({ holder: true, peers: [own] }))).toEqual({
    holder: false,
    answering: undefined,
    moving: false,
    peers: [],
  });
});

test("a node that has the address is its holder", async () => {
  host.onInterface = [virtualAddress];
  expect((await look()).holder).toBe(true);
});

test("a transaction that has not ended on this host is seen", async () => {
  host.write("var/lib/hapair/transaction.json", "{}");
  expect((await look()).moving).toBe(true);
});

test("a peer without an agent says nothing, and neither does one whose agent hangs or talks nonsense", async () => {
  const gone = await listening(createServer());
  await gone[Symbol.asyncDispose]();
  const hangs = stack.use(await rawServer(() => {}));
  const nonsense = stack.use(await listening(createServer((_, response) => response.end("nonsense"))));
  const { peers } = await look(at(gone.port), at(hangs.port), at(nonsense.port));
  expect(peers).toEqual([false, true, true].map((hangs) => ({ name: "haproxy1", says: "nothing", hangs })));
});

test("a peer behind a firewall is closed where its machine answers, and gone where it does not", async () => {
  // It takes no connection, as one behind a firewall.
  const { port } = stack.use(await fullListener());
  expect((await look(at(port))).peers).toEqual([{ name: "haproxy1", says: "gone" }]);
  answered = [virtualAddress, "127.0.0.1"];
  expect((await look(at(port))).peers).toEqual([{ name: "haproxy1", says: "closed" }]);
});

test("a host that cannot ask says so", async () => {
  host.answer = (line) => (line.includes("route get") ? { stderr: "Network is unreachable" } : undefined);
  await expect(look()).rejects.toThrow("Network is unreachable");
});

test("a peer agrees only in all that adverts depend on", () => {
  const peer = "10.0.1.20";
  const third = { name: "haproxy2", address: "10.0.1.21", port: 8405 };
  const pair = { virtualAddress, peers: [{ name: "haproxy1", address: peer, port: 8405 }, third] };
  const says = (vip: Partial<EgressPage["vip"]>) =>
    wordOf(
      { address: virtualAddress, holder: false, peers: [own, third.address], ...vip },
      { pair, address: own, peer },
    );
  expect(says({})).toEqual({ says: "agrees", holder: false });
  // The others apply this bundle after the first one.
  expect(says({ peers: [own] })).toEqual({ says: "agrees", holder: false });
  expect(says({ peers: [third.address] })).toMatchObject({ why: "does not know it as a peer" });
  expect(says({ peers: null })).toMatchObject({ why: "is not done with its own bundle" });
  expect(says({ peers: [own, "10.0.1.23"] })).toMatchObject({
    why: "has a peer 10.0.1.23 that this node does not know",
  });
  expect(says({ address: "10.0.1.101" })).toMatchObject({ why: "has another virtual address, 10.0.1.101" });
});
