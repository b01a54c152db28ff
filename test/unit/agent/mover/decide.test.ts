import { expect, test } from "vitest";
import { decideMove, type MoverInput, type PeerWord } from "../../../../agent/address/mover/decide.ts";
import {
  adoptMover,
  emptyMoverMemory,
  type MoverMemory,
  moveAccepted,
} from "../../../../agent/address/mover/memory.ts";

const nowMs = 1_000_000;
const vrrpAtMs = nowMs - 5000;
const peer = (more: Partial<PeerWord>): PeerWord => ({
  ...{ vrrp: "MASTER", mine: false, move: null, goesFirst: false },
  ...more,
});
/** A MASTER without the address. */
const input = (more: Partial<MoverInput> = {}): MoverInput => ({
  nowMs,
  vrrp: "MASTER",
  vrrpAtMs,
  mine: false,
  ...more,
});
const asked = (...answers: readonly PeerWord[]) => input({ peers: { answers, silent: false } });
const silent = (more: Partial<MoverInput> = {}) => input({ peers: { answers: [], silent: true }, ...more });
const master: MoverMemory = { ...emptyMoverMemory, vrrpAtMs };

test("only a MASTER without the address asks, and it says so before it asks", () => {
  for (const vrrp of ["BACKUP", "FAULT", null] as const)
    expect(decideMove(master, input({ vrrp })).action).toMatchObject({ kind: "wait", phase: "idle" });
  expect(decideMove(master, input({ mine: true })).action).toMatchObject({ kind: "wait", phase: "holding" });
  expect(decideMove(master, input({ mine: null })).action.kind).toBe("wait");
  expect(decideMove(emptyMoverMemory, input())).toMatchObject({
    action: { kind: "ask" },
    memory: { wants: true, sinceMs: nowMs },
  });
});

test.each<[string, PeerWord, string]>([
  ["is BACKUP and has it", peer({ vrrp: "BACKUP", mine: true }), "move"],
  ["has no keepalived and has it", peer({ vrrp: null, mine: true }), "move"],
  ["is MASTER and has it not", peer({}), "move"],
  ["is MASTER and has it", peer({ mine: true }), "wait"],
  ["is MASTER, and AWS accepted its move", peer({ move: "accepted" }), "wait"],
  ["is MASTER, and about to move it", peer({ move: "requested" }), "wait"],
  ["is MASTER, and does not know whether it has it", peer({ mine: null }), "wait"],
])("a MASTER whose peer %s: %s", (_, word, kind) => {
  expect(decideMove(master, asked(word)).action.kind).toBe(kind);
});

test("a peer that is about to move the address, and does not, is waited for two seconds", () => {
  const rival = peer({ move: "requested" });
  const first = decideMove(master, asked(rival));
  expect(first.action.kind).toBe("wait");
  const at = (ms: number) => ({ ...asked(rival), nowMs: nowMs + ms });
  expect(decideMove(first.memory, at(1900)).action.kind).toBe("wait");
  expect(decideMove(first.memory, at(2000)).action.kind).toBe("move");
});

test("a peer that has the address may be late once, and is taken for lost when it is silent twice in a row", () => {
  const once = decideMove(master, asked(peer({ mine: true }))).memory;
  const twice = decideMove(once, asked(peer({ mine: true }))).memory;
  for (const heard of [once, twice]) {
    const late = decideMove(heard, silent());
    expect([late.action.kind, late.memory.contested]).toEqual(["wait", heard.contested]);
    expect(decideMove(late.memory, silent()).action.kind).toBe("move");
    const again = decideMove(late.memory, asked(peer({ mine: true }))).memory;
    expect(decideMove(again, silent()).action.kind).toBe("wait");
  }
  // A node that has not heard the peer as MASTER does not wait: that is how a lost host looks.
  expect(decideMove(master, silent()).action.kind).toBe("move");
});

test("an address is contested once a peer has said twice that it is MASTER and has it", () => {
  const first = decideMove(master, asked(peer({ mine: true })));
  expect([first.memory.contested, first.action]).toMatchObject([false, { kind: "wait", ms: 50 }]);
  // At a polite stop the holder says the first, and then this.
  const stopped = asked(peer({ vrrp: "BACKUP", mine: true }));
  expect(decideMove(first.memory, stopped)).toMatchObject({
    action: { kind: "move" },
    memory: { contested: false },
  });
  const second = decideMove(first.memory, asked(peer({ mine: true })));
  expect([second.memory.contested, second.action]).toMatchObject([true, { kind: "wait", ms: 250 }]);
});

test("the length of a move begins when nothing forbids it any more", () => {
  const contested = decideMove(master, asked(peer({ mine: true }))).memory;
  expect(contested.sinceMs).toBeNull();
  const free = { ...asked(peer({ vrrp: "BACKUP" })), nowMs: nowMs + 60_000 };
  expect(decideMove(contested, free).memory.sinceMs).toBe(nowMs + 60_000);
  const heldOff = decideMove({ ...master, had: true }, silent()).memory;
  expect([heldOff.losses, heldOff.sinceMs]).toEqual([1, null]);
});

test("a MASTER that cannot find out for three seconds whether it has the address asks, and takes it", () => {
  const unknown = (more: Partial<MoverInput>) => input({ mine: null, ...more });
  const first = decideMove(master, unknown({}));
  expect(first.action.kind).toBe("wait");
  expect(decideMove(first.memory, unknown({ nowMs: nowMs + 2999 })).action.kind).toBe("wait");
  const late = { nowMs: nowMs + 3000 };
  expect(decideMove(first.memory, unknown(late)).action).toEqual({ kind: "ask", likely: false });
  const peers = (...answers: readonly PeerWord[]) => ({ peers: { answers, silent: false } });
  const word = (one: PeerWord) => decideMove(first.memory, unknown({ ...late, ...peers(one) }));
  expect(word(peer({ vrrp: "BACKUP" })).action.kind).toBe("move");
  expect(word(peer({ mine: true })).action.kind).toBe("wait");
  // It does not see the effect: not every few seconds once more.
  const accepted = moveAccepted(word(peer({ vrrp: "BACKUP" })).memory, late.nowMs);
  const after = (ms: number) => decideMove(accepted, unknown({ nowMs: late.nowMs + ms })).action;
  expect(after(29_999)).toMatchObject({ kind: "wait", phase: "confirming" });
  expect(after(30_000)).toMatchObject({ kind: "ask" });
});

test("of two MASTERs that know nothing one takes the address, and the other never does", () => {
  const unknown = { ...master, unknownSinceMs: nowMs - 3000 };
  const rival = (goesFirst: boolean) =>
    input({ mine: null, peers: { answers: [peer({ mine: null, goesFirst })], silent: false } });
  const later = (goesFirst: boolean) => {
    const { memory } = decideMove(unknown, rival(goesFirst));
    return decideMove(memory, { ...rival(goesFirst), nowMs: nowMs + 3_600_000 }).action.kind;
  };
  expect([later(false), later(true)]).toEqual(["move", "wait"]);
});

test("what was remembered of one time as MASTER means nothing in another", () => {
  const before: MoverMemory = { ...master, had: true, losses: 2, holdOffUntilMs: nowMs + 40_000 };
  expect(decideMove(before, silent()).action.kind).toBe("wait");
  const next = decideMove(before, silent({ vrrpAtMs: nowMs - 1 }));
  expect([next.action.kind, next.memory.losses]).toEqual(["move", 0]);
});

test("of two that want it at once the second one withdraws, and the first one waits for that", () => {
  const second = decideMove(master, asked(peer({ move: "requested", goesFirst: true })));
  expect([second.action.kind, second.memory.wants]).toEqual(["wait", false]);
  const first = decideMove(master, asked(peer({ move: "requested", goesFirst: false })));
  expect([first.action.kind, first.memory.wants]).toEqual(["wait", true]);
});

test("a MASTER from which a silent peer took the address waits 10, 20, 40, 40 s, and at once where the peer answers", () => {
  let memory = master;
  const waits: number[] = [];
  for (let loss = 0; loss < 4; loss += 1) {
    memory = decideMove(memory, input({ mine: true })).memory;
    memory = decideMove(memory, silent()).memory;
    waits.push((memory.holdOffUntilMs - nowMs) / 1000);
  }
  expect(waits).toEqual([10, 20, 40, 40]);
  expect(decideMove(memory, silent({ nowMs: nowMs + 39_999 })).action.kind).toBe("wait");
  expect(decideMove(memory, silent({ nowMs: nowMs + 40_000 })).action.kind).toBe("move");
  expect(decideMove(memory, asked(peer({ vrrp: "BACKUP" }))).action.kind).toBe("move");
});

test("a move that AWS accepted and that is never seen counts as taken by a peer that is silent", () => {
  const memory = moveAccepted(master, nowMs);
  expect(decideMove(memory, input({ nowMs: nowMs + 4999 })).action).toMatchObject({ phase: "confirming" });
  const late = { nowMs: nowMs + 5000 };
  expect(decideMove(memory, input(late)).action.kind).toBe("ask");
  expect(decideMove(memory, silent(late)).memory.losses).toBe(1);
  expect(decideMove(memory, { ...asked(peer({ vrrp: "BACKUP" })), ...late }).action.kind).toBe("move");
});

test("a clock that is set back prolongs neither the wait for a move's effect nor that for a peer", () => {
  const backMs = nowMs - 3_600_000;
  const memory: MoverMemory = { ...master, acceptedAtMs: nowMs, deferredSinceMs: nowMs, sinceMs: nowMs };
  const after = decideMove(memory, input({ nowMs: backMs })).memory;
  expect(decideMove(after, input({ nowMs: backMs + 5000 })).action.kind).toBe("ask");
  const deferring = decideMove(
    { ...memory, acceptedAtMs: null },
    {
      ...asked(peer({ mine: null })),
      nowMs: backMs,
    },
  ).memory;
  expect(decideMove(deferring, { ...asked(peer({ mine: null })), nowMs: backMs + 2000 }).action.kind).toBe(
    "move",
  );
});

test("a hold-off outlives the daemon, and whatever else was remembered counts as nothing", () => {
  const kept = { vrrpAtMs, had: false, losses: 1, holdOffUntilMs: nowMs + 10_000 };
  expect(adoptMover(kept)).toEqual({ ...emptyMoverMemory, ...kept });
  expect(decideMove(adoptMover(kept), silent()).action.kind).toBe("wait");
  for (const damaged of [undefined, null, "x", { ...kept, losses: -1 }, { vrrpAtMs }])
    expect(adoptMover(damaged)).toEqual(emptyMoverMemory);
});
