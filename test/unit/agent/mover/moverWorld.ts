import {
  adoptMover,
  decideMove,
  emptyMoverMemory,
  keptOf,
  type MoverMemory,
  moveAccepted,
  moveFailed,
  type PeerWord,
} from "../../../../agent/address/mover/decide.ts";
import { openBudget } from "../../../../agent/aws/budget.ts";
import type { VrrpState } from "../../../../contract/addressPage.ts";

export type Name = "a" | "b";
/** `busy`: the API answers with a failure. `silent`: it does not answer. `lost`: it accepts, and its answer is lost. */
export type Api = "works" | "busy" | "silent" | "lost";

const tickMs = 10;
const peerMs = 60;

/** Two nodes with the mover's decisions, and AWS; time passes as the test says. */
export class World {
  nowMs = 1_000_000;
  /** To whom AWS delivers. */
  owner: Name | null = null;
  readonly moves: { readonly atMs: number; readonly to: Name }[] = [];
  readonly nodes: Readonly<Record<Name, Node>>;
  /** Whether the nodes' pages reach each other. */
  answers = true;
  /** From acceptance to effect. */
  effectMs = 0;
  callMs = 50;
  readonly #effects: { readonly atMs: number; readonly to: Name }[] = [];

  constructor(more: Partial<Pick<World, "owner" | "effectMs" | "callMs">> = {}) {
    Object.assign(this, more);
    this.nodes = { a: new Node("a", this), b: new Node("b", this) };
  }

  accept(to: Name): void {
    this.#effects.push({ atMs: this.nowMs + this.effectMs, to });
  }

  pass(ms: number): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; this.nowMs += tickMs) {
      while (this.#effects[0] !== undefined && this.#effects[0].atMs <= this.nowMs) {
        const { to } = this.#effects.shift() as { to: Name };
        if (to !== this.owner) this.moves.push({ atMs: this.nowMs, to });
        this.owner = to;
      }
      this.nodes.a.tick();
      this.nodes.b.tick();
    }
  }
}

export class Node {
  memory: MoverMemory = emptyMoverMemory;
  vrrp: VrrpState | null = "BACKUP";
  mine: boolean | null = null;
  api: Api = "works";
  metadata = true;
  clockMs = 0;
  /** When each request was sent. */
  readonly calls: number[] = [];
  readonly #name: Name;
  readonly #world: World;
  readonly #budget;
  #turns: Generator<number>;
  #dueMs = 0;
  #pausing = false;

  constructor(name: Name, world: World) {
    this.#name = name;
    this.#world = world;
    this.#budget = openBudget(60, () => world.nowMs);
    this.#turns = this.#loop();
  }

  /** keepalived's state changes, which ends a pause. */
  become(vrrp: VrrpState | null): void {
    this.vrrp = vrrp;
    if (this.#pausing) this.#dueMs = 0;
  }

  /** The daemon starts again. */
  restart(): void {
    this.memory = adoptMover(JSON.parse(JSON.stringify(keptOf(this.memory))));
    this.mine = null;
    this.#turns = this.#loop();
    this.#dueMs = this.#world.nowMs + 1000;
  }

  tick(): void {
    while (this.#dueMs <= this.#world.nowMs)
      this.#dueMs = this.#world.nowMs + Math.max(1, Number(this.#turns.next().value));
  }

  get #clock(): number {
    return this.#world.nowMs + this.clockMs;
  }

  #word(): PeerWord {
    const { vrrp, mine, memory } = this;
    const move = memory.acceptedAtMs !== null ? "accepted" : memory.wants ? "requested" : null;
    return { vrrp, mine, move, goesFirst: this.#name === "a" };
  }

  /** The turns of agent/address/mover/loop.ts; yields how long each step takes. */
  *#loop(): Generator<number> {
    const world = this.#world;
    const peer = () => world.nodes[this.#name === "a" ? "b" : "a"];
    for (;;) {
      this.#pausing = false;
      if (this.metadata) this.mine = world.owner === this.#name;
      let decision = decideMove(this.memory, { nowMs: this.#clock, vrrp: this.vrrp, mine: this.mine });
      this.memory = decision.memory;
      if (decision.action.kind === "ask") {
        const silent = !world.answers;
        yield silent ? peerMs : tickMs;
        const answers = silent ? [] : [peer().#word()];
        // An answer is under way for a moment.
        yield tickMs;
        decision = decideMove(this.memory, {
          ...{ nowMs: this.#clock, vrrp: this.vrrp, mine: this.mine },
          peers: { answers, silent },
        });
        this.memory = decision.memory;
      }
      let ms = decision.action.kind === "wait" ? decision.action.ms : yield* this.#move();
      // A pause of the loop is never the same twice.
      ms += world.moves.length % 3;
      this.#pausing = true;
      yield ms;
    }
  }

  *#move(): Generator<number, number> {
    const retry = () => {
      this.memory = moveFailed(this.memory);
      return 100 + ((this.calls.length * 37) % 200);
    };
    if (!this.#budget.take()) return retry();
    this.calls.push(this.#world.nowMs);
    const { api } = this;
    if (api === "works" || api === "lost") this.#world.accept(this.#name);
    yield api === "works" || api === "busy" ? this.#world.callMs : 1500;
    if (api !== "works") return retry();
    this.memory = moveAccepted(this.memory, this.#clock);
    return 0;
  }
}

/** The most requests of a node in any minute. */
export function busiestMinute(calls: readonly number[]): number {
  let most = 0;
  let first = 0;
  for (const [index, atMs] of calls.entries()) {
    while (atMs - (calls[first] ?? atMs) >= 60_000) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}
