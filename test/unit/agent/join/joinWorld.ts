import { decideBid, type PeerWord, silencesAfter } from "../../../../agent/address/join/decide.ts";
import { wordOf } from "../../../../agent/address/join/look.ts";

const virtualAddress = "10.0.1.100";

interface Machine {
  readonly address: string;
  runs: boolean;
  agentRuns: boolean;
  /** Addresses of its bundle's nodes, its own among them; undefined without a bundle. */
  nodes: readonly string[] | undefined;
  /** Whether a transaction has not ended. */
  moving: boolean;
  /** Whether keepalived was stopped on purpose. */
  stopped: boolean;
  /** Whether `hapair join` keeps it from bidding. */
  waits: boolean;
  holder: boolean;
}

export interface RollOut {
  /** Indexes of the machines that are nodes from now on, and of those that are left as they are. */
  readonly nodes: readonly number[];
  readonly without: readonly number[];
  /** At which apply it fails, and whether it is taken back then; 0 is the first, and beyond the last it fails elsewhere. */
  readonly failsAt: number;
  readonly takenBack: boolean;
}

/**
 * A roll-out that leaves a node out is not taken back here: that node is not asked whether it joins, and one that such a
 * roll-out lets in, before it fails on a host of another pair, goes on bidding.
 *
 * Machines that keepalived, roll-outs and `hapair join` move, one step at a time. Adverts pass where each of two nodes
 * has the other in its bundle: the firewall lets in no others. After each step `seen` gets the holders.
 */
export class JoinWorld {
  readonly machines: readonly Machine[];
  readonly #seen: (holders: readonly string[]) => void;

  constructor(count: number, seen: (holders: readonly string[]) => void) {
    this.#seen = seen;
    this.machines = Array.from({ length: count }, (_, index) => ({
      ...{ address: `10.0.1.${20 + index}`, runs: true, agentRuns: true, nodes: undefined },
      ...{ moving: false, stopped: false, waits: false, holder: false },
    }));
  }

  holders(): readonly string[] {
    return this.machines.filter(({ holder }) => holder).map(({ address }) => address);
  }

  /** Whether a machine could have the address. */
  canBeHeld(): boolean {
    return this.machines.some((machine) => bids({ ...machine, waits: false }));
  }

  power(index: number, on: boolean): void {
    const machine = this.#at(index);
    if (machine.runs === on) return;
    Object.assign(machine, { runs: on, moving: false, stopped: false, waits: on, holder: false });
    this.#settle();
  }

  agent(index: number, runs: boolean): void {
    this.#at(index).agentRuns = runs;
    this.#settle();
  }

  /** What `npm run up` does; nothing where a machine that it needs does not run. */
  rollOut({ nodes, without, failsAt, takenBack }: RollOut): void {
    const wanted = nodes.map((index) => this.#at(index));
    const visited = wanted.filter((_, at) => !without.includes(nodes[at] ?? -1));
    if (visited.some(({ runs }) => !runs) || wanted.length === 0) return;
    const leaving = this.machines.filter((machine) => machine.nodes && !wanted.includes(machine));
    for (const machine of leaving.filter(({ runs }) => runs)) {
      Object.assign(machine, { nodes: undefined, holder: false, waits: false });
      this.#settle();
    }
    const before = new Map(
      visited.map(({ address, nodes, waits, stopped }) => [address, { nodes, waits: waits || stopped }]),
    );
    const goesBack = takenBack && without.length === 0;
    const addresses = wanted.map(({ address }) => address);
    const first = visited.filter(({ holder }) => !holder);
    for (const [turn, machine] of [...first, ...visited.filter((one) => !first.includes(one))].entries()) {
      if (this.#apply(machine, addresses, turn === failsAt)) continue;
      if (goesBack) this.#takeBack(visited, before);
      return;
    }
    if (goesBack && failsAt >= visited.length) this.#takeBack(visited, before);
  }

  #takeBack(
    visited: readonly Machine[],
    before: ReadonlyMap<string, { readonly nodes: readonly string[] | undefined; readonly waits: boolean }>,
  ): void {
    const was = ({ address }: Machine) => before.get(address);
    const isNew = (machine: Machine) => was(machine)?.nodes === undefined || was(machine)?.waits === true;
    const moved = visited.filter((one) => was(one)?.nodes && was(one)?.nodes !== one.nodes);
    if (!moved.some((one) => !isNew(one))) return;
    for (const machine of visited.filter(isNew)) {
      Object.assign(machine, { stopped: true, holder: false });
      this.#settle();
    }
    for (const machine of [...moved.filter((one) => !isNew(one)), ...moved.filter(isNew)])
      this.#apply(machine, was(machine)?.nodes ?? [], false);
  }

  /** Resolves to whether it worked. */
  #apply(machine: Machine, nodes: readonly string[], fails: boolean): boolean {
    const { nodes: before } = machine;
    const starts = before === undefined || machine.stopped;
    Object.assign(machine, { nodes, moving: true, stopped: false, waits: starts || machine.waits });
    this.#settle();
    if (fails) {
      machine.nodes = before;
      if (before === undefined) machine.holder = false;
    }
    machine.moving = false;
    this.#settle();
    return !fails;
  }

  /** Until nothing changes any more: keepalived is faster than any look. */
  #settle(): void {
    for (let looks = 0; looks <= this.machines.length; looks += 1) {
      this.#elect();
      const first = this.machines.find(
        (machine) => machine.waits && bids({ ...machine, waits: false }) && this.#mayBid(machine),
      );
      if (first === undefined) return;
      first.waits = false;
    }
  }

  /** One that hears no holder becomes one; of two that hear each other the second yields. */
  #elect(): void {
    for (const machine of this.machines) if (!bids(machine)) machine.holder = false;
    for (const machine of this.machines.filter(bids)) {
      machine.holder = !this.machines.some((one) => one.holder && one !== machine && hear(one, machine));
      this.#seen(this.holders());
    }
  }

  #mayBid(machine: Machine): boolean {
    const { address } = machine;
    const peers = (machine.nodes ?? [])
      .filter((one) => one !== address)
      .map((one) => ({ name: one, address: one, port: 8405 }));
    const other = this.machines.find((one) => one.holder && one !== machine);
    const pair = { virtualAddress, peers };
    const peerWords = peers.map((peer) => this.#word(peer.address, address, pair));
    const seen = {
      holder: machine.holder,
      moving: machine.moving,
      answering: other && `02:${other.address}`,
      peers: peerWords,
    };
    // What is silent has been so for long.
    return decideBid(seen, silencesAfter(new Map(), peerWords, 0), Number.POSITIVE_INFINITY).bids;
  }

  #word(name: string, address: string, pair: Parameters<typeof wordOf>[1]["pair"]): PeerWord {
    const peer = this.machines.find((one) => one.address === name);
    if (!peer?.runs) return { name, says: "gone" };
    if (peer.nodes === undefined) return { name, says: "nothing", hangs: false };
    if (!peer.nodes.includes(address)) return { name, says: "closed" };
    if (!peer.agentRuns) return { name, says: "nothing", hangs: false };
    const peers = peer.moving ? null : peer.nodes.filter((one) => one !== name);
    return {
      name,
      ...wordOf({ address: virtualAddress, holder: peer.holder, peers }, { pair, address, peer: name }),
    };
  }

  #at(index: number): Machine {
    const machine = this.machines[index % this.machines.length];
    if (machine === undefined) throw new Error("there is no machine");
    return machine;
  }
}

function bids({ runs, nodes, stopped, waits }: Machine): boolean {
  return runs && nodes !== undefined && !stopped && !waits;
}

function hear(one: Machine, other: Machine): boolean {
  return one.nodes?.includes(other.address) === true && other.nodes?.includes(one.address) === true;
}
