import type { MoverClock } from "../../../../agent/address/mover/clock.ts";
import type { PeerWord } from "../../../../agent/address/mover/decide.ts";
import {
  type MoverDoors,
  type MoverLoop,
  type MoverRemembered,
  startMover,
} from "../../../../agent/address/mover/loop.ts";
import { adoptMover, emptyMoverMemory, keptOf } from "../../../../agent/address/mover/memory.ts";
import { openBudget } from "../../../../agent/aws/budget.ts";
import { Ec2Error } from "../../../../agent/aws/ec2Error.ts";
import { openLog } from "../../../../agent/daemon/log.ts";
import type { VrrpState } from "../../../../contract/addressPage.ts";

export type Name = "a" | "b";
/** `busy`: the API answers with a failure. `silent`: it does not answer. `lost`: it accepts, and its answer is lost. */
export type Api = "works" | "busy" | "silent" | "lost";

const peerMs = 60;
/** There and back on an open connection, without any work. */
const roundTripMs = 10;
const noAnswerMs = 1500;
const startMs = 1000;
/** How long an answer of the API counts as the proof that it is reached. */
const answerCountsMs = 300;

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const never = new Promise<never>(() => {});

/** Two nodes with the mover's loop, and AWS; time passes as the test says, and whatever is due runs in order. */
export class World {
  nowMs = 1_000_000;
  /** To whom AWS delivers. */
  owner: Name | null = null;
  /** When AWS accepted what made another node the owner. */
  readonly moves: { readonly atMs: number; readonly to: Name }[] = [];
  readonly nodes: Readonly<Record<Name, Node>>;
  /** Whether the nodes' pages reach each other. */
  answers = true;
  /** From acceptance to effect. */
  effectMs = 0;
  callMs = 50;
  readonly #due: { readonly atMs: number; readonly run: () => void }[] = [];

  constructor(more: Partial<Pick<World, "owner" | "effectMs" | "callMs">> = {}) {
    Object.assign(this, more);
    this.nodes = { a: new Node("a", this), b: new Node("b", this) };
  }

  accept(to: Name): void {
    const atMs = this.nowMs;
    this.at(this.effectMs, () => {
      if (to !== this.owner) this.moves.push({ atMs, to });
      this.owner = to;
    });
  }

  /** Runs something after so many ms; what is due at the same time runs in the order in which it was asked for. */
  at(ms: number, run: () => void): void {
    const atMs = this.nowMs + ms;
    const later = this.#due.findIndex((one) => one.atMs > atMs);
    this.#due.splice(later < 0 ? this.#due.length : later, 0, { atMs, run });
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.at(ms, resolve));
  }

  async pass(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    await settled();
    for (let next = this.#due[0]; next !== undefined && next.atMs <= endMs; next = this.#due[0]) {
      this.#due.shift();
      this.nowMs = next.atMs;
      next.run();
      await settled();
    }
    this.nowMs = endMs;
  }
}

export class Node {
  vrrp: VrrpState | null = "BACKUP";
  api: Api = "works";
  /** Whether the node can find out where the address is. */
  metadata = true;
  /** By how much the host's clock is wrong; a daemon that starts takes it over. */
  clockMs = 0;
  /** When each request was sent. */
  readonly calls: number[] = [];
  loop: MoverLoop | undefined;
  readonly #name: Name;
  readonly #world: World;
  readonly #budget;
  #vrrpAtMs: number;
  #onVrrp = (): void => {};
  #remembered: unknown;
  #starts = 0;
  #answeredAtMs = 0;

  constructor(name: Name, world: World) {
    this.#name = name;
    this.#world = world;
    this.#vrrpAtMs = world.nowMs;
    this.#budget = openBudget(60, () => world.nowMs);
    this.#start({ memory: emptyMoverMemory, known: null });
  }

  /** keepalived writes its state. */
  become(vrrp: VrrpState | null): void {
    this.vrrp = vrrp;
    // Never the same twice, as a file's time.
    this.#vrrpAtMs = Math.max(this.#vrrpAtMs + 1, this.#world.nowMs);
    this.#onVrrp();
  }

  /** The daemon is killed, and starts again a second later. */
  restart(): void {
    this.#starts += 1;
    const starts = this.#starts;
    this.loop = undefined;
    this.#onVrrp = () => {};
    this.#world.at(startMs, () => {
      const { memory, known } = (this.#remembered ?? {}) as Partial<Record<keyof MoverRemembered, unknown>>;
      if (starts === this.#starts)
        this.#start({ memory: adoptMover(memory), known: typeof known === "boolean" ? known : null });
    });
  }

  #start(remembered: MoverRemembered): void {
    const world = this.#world;
    const starts = this.#starts;
    const offMs = this.clockMs;
    /** Nothing of a program that was killed goes on. */
    const lives = <T>(found: T): T | Promise<never> => (starts === this.#starts ? found : never);
    const clock: MoverClock = {
      nowMs: () => world.nowMs + offMs,
      pause: (ms) => {
        let end = (): void => {};
        const ended = new Promise<void>((resolve) => {
          end = resolve;
          world.at(Math.max(1, ms), resolve);
        }).then(lives);
        return { ended, end };
      },
      random: () => ((this.calls.length * 37) % 100) / 100,
    };
    const doors: MoverDoors = {
      clock,
      log: openLog(() => {}),
      metrics: { moved: () => {}, arrived: () => {}, failed: () => {} },
      watch: (onChange) => {
        this.#onVrrp = onChange;
        return {
          read: () => ({ state: this.vrrp, atMs: this.vrrp === null ? null : this.#vrrpAtMs }),
          close: () => {},
        };
      },
      mode: {
        lookEveryMs: { idle: 0, losing: 0, holding: 0, confirming: 0, waiting: 0 },
        look: async () => {
          if (!this.metadata) throw new Error("no metadata");
          return world.owner === this.#name;
        },
        callsOfMove: 1,
        move: () => this.#move().then(lives),
      },
      ask: () => this.#ask().then(lives),
      reach: (sinceMs) => this.#reach(sinceMs - offMs).then(lives),
      closeConnections: async () => {},
      keep: (now) => {
        this.#remembered = JSON.parse(JSON.stringify({ memory: keptOf(now.memory), known: now.known }));
      },
    };
    this.loop = startMover("10.0.1.100", doors, remembered);
  }

  async #ask() {
    const world = this.#world;
    const peer = world.nodes[this.#name === "a" ? "b" : "a"];
    const silent = { answers: [], silent: ["peer"] };
    const isSilent = () => !world.answers || peer.loop === undefined;
    if (isSilent()) {
      await world.sleep(peerMs);
      return silent;
    }
    await world.sleep(5);
    if (isSilent()) return silent;
    const word: PeerWord = { ...(peer.loop as MoverLoop).page(), goesFirst: this.#name === "b" };
    // An answer is under way for a moment.
    await world.sleep(5);
    return { answers: [word], silent: [] };
  }

  async #reach(sinceMs: number): Promise<void> {
    if (this.#answeredAtMs > Math.max(sinceMs, this.#world.nowMs - answerCountsMs)) return;
    // The call that follows has to have room too.
    this.#send(1);
    await this.#answer(roundTripMs);
  }

  async #move(): Promise<void> {
    this.#send();
    const { api } = this;
    if (api === "works" || api === "lost") this.#world.accept(this.#name);
    await this.#answer(this.#world.callMs);
    if (api === "busy") throw new Ec2Error("unavailable", "Unavailable", "busy");
  }

  #send(leave = 0): void {
    const cappedMs = this.#budget.take(leave);
    if (cappedMs > 0) throw new Ec2Error("unavailable", "OwnCap", "capped", cappedMs);
    this.calls.push(this.#world.nowMs);
  }

  async #answer(ms: number): Promise<void> {
    const answers = this.api === "works" || this.api === "busy";
    await this.#world.sleep(answers ? ms : noAnswerMs);
    if (!answers) throw new Ec2Error("unavailable", "NoAnswer", "silent");
    this.#answeredAtMs = this.#world.nowMs;
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
