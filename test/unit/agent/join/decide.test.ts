import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Bid,
  decideBid,
  type PeerWord,
  type Seen,
  silencesAfter,
} from "../../../../agent/address/join/decide.ts";

const name = "haproxy2";
const words: readonly PeerWord[] = [
  { name, says: "agrees", holder: true },
  { name, says: "agrees", holder: false },
  { name, says: "differs", why: "does not know it as a peer" },
  { name, says: "nothing", hangs: true },
  { name, says: "nothing", hangs: false },
  { name, says: "closed" },
  { name, says: "gone" },
];
const holds = words[0] as PeerWord;
const knows = words[1] as PeerWord;
const word = fc.constantFrom(...words);
const other = "02:00:00:00:00:15";
/** The decision where what is silent has been so for that time. */
function decide(seen: Seen, silentMs = 60_000): Bid {
  return decideBid(seen, silencesAfter(new Map(), seen.peers, 0), silentMs);
}
const seen = (...peers: readonly PeerWord[]): Seen => ({
  holder: false,
  answering: other,
  moving: false,
  peers,
});

describe("a node that starts", () => {
  test("bids where nobody has the address, whatever its peers say", () => {
    fc.assert(
      fc.property(fc.array(word), fc.boolean(), (peers, moving) => {
        expect(decide({ holder: false, answering: undefined, moving, peers }).bids).toBe(true);
      }),
    );
  });

  test("bids on where it has the address itself", () => {
    fc.assert(
      fc.property(fc.array(word), fc.option(fc.constant(other), { nil: undefined }), (peers, answering) => {
        expect(decide({ ...seen(...peers), holder: true, answering }).bids).toBe(true);
      }),
    );
  });

  test("waits where another machine has the address and a running peer does not say that it knows this node", () => {
    const against = fc.constantFrom(...words.filter(({ says }) => says === "differs" || says === "closed"));
    fc.assert(
      fc.property(fc.array(word), against, fc.array(word), (some, one, more) => {
        expect(decide(seen(...some, one, ...more)).bids).toBe(false);
      }),
    );
  });

  test("bids where a peer that knows it has the address, and no running peer does not know it", () => {
    const quiet = fc.array(
      fc.constantFrom(...words.filter(({ says }) => says !== "differs" && says !== "closed")),
    );
    fc.assert(
      fc.property(quiet, quiet, (some, more) => {
        expect(decide(seen(...some, holds, ...more)).bids).toBe(true);
      }),
    );
  });

  test("waits until its own bundle is proven, as it may go back to one that knows other peers", () => {
    expect(decide({ ...seen(holds), moving: true })).toEqual({
      bids: false,
      why: "its own bundle is not proven yet: npm run up, where that does not end",
    });
  });

  test("waits where the machine that has the address is none of its peers", () => {
    for (const peers of [
      [],
      [knows],
      [{ name, says: "nothing", hangs: false }, knows],
      [{ name, says: "gone" }],
    ] as const)
      expect(decide(seen(...peers))).toEqual({
        bids: false,
        why: `the machine ${other} has it and is no peer: npm run up, or take the address off that machine`,
      });
  });

  test("bids where a peer has hung for a minute, which may be why its machine answers for the address", () => {
    const hung = seen({ name, says: "nothing", hangs: true }, knows);
    expect(decide(hung, 60_000)).toEqual({ bids: true });
    expect(decide(hung, 59_999)).toMatchObject({
      why: "the agent on haproxy2 does not answer: npm run up makes all nodes known to each other",
    });
  });

  test("waits a minute for an agent that does not run, also where the holder knows this node", () => {
    const restarting = seen({ name: "haproxy3", says: "nothing", hangs: false }, holds);
    expect(decide(restarting, 59_999).bids).toBe(false);
    expect(decide(restarting, 60_000).bids).toBe(true);
  });

  test("counts a silence from its beginning, and anew after each word", () => {
    const silent = [{ name, says: "nothing", hangs: true }] as const;
    const first = silencesAfter(new Map(), silent, 1000);
    expect(silencesAfter(first, silent, 2000)).toEqual(new Map([[name, 1000]]));
    const word = silencesAfter(first, [knows], 2000);
    expect(silencesAfter(word, silent, 3000)).toEqual(new Map([[name, 3000]]));
  });

  test("names every peer for which it waits, and what to do", () => {
    const more = [
      { name: "haproxy3", says: "closed" },
      { name: "haproxy4", says: "gone" },
    ] as const;
    expect(decide(seen({ name, says: "differs", why: "does not know it as a peer" }, ...more))).toEqual({
      bids: false,
      why: "haproxy2 does not know it as a peer, haproxy3 runs and does not answer it: npm run up makes all nodes known to each other",
    });
  });
});
