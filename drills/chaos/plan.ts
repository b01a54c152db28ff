import type { Cut } from "../../contract/lab.ts";
import { type Draws, drawsOf } from "./draws.ts";

/** What can be made to fail: a machine, and the units of its daemons. */
export interface Place {
  readonly machine: string;
  /** A node of the pair; otherwise a machine of its pool. */
  readonly isNode: boolean;
  readonly units: readonly string[];
}

/** One thing that is broken for a while, and then healed. */
export type Fault = { readonly machine: string } & (
  | { readonly does: "power" | "freeze" }
  | { readonly does: "cut"; readonly cut: Cut }
  /** A stopped daemon is started again; a killed one is started by its unit, or else at the heal. */
  | { readonly does: "stop" | "kill"; readonly unit: string }
);

export interface PlannedFault {
  readonly fault: Fault;
  /** When it begins, counted from the beginning of its episode, ms. */
  readonly atMs: number;
  /** How long it lasts, ms. */
  readonly forMs: number;
}

/** One fault, or two at once. All are healed in the end, and only then the pair is judged. */
export interface Episode {
  /** Nothing fails for so long before it, ms. */
  readonly quietMs: number;
  readonly faults: readonly PlannedFault[];
}

const quietMs = [100, 2000] as const;
/** From less than a takeover takes, to more than any check and timeout of the pair. */
const lastsMs = [50, 10_000] as const;
/** IP protocol number of VRRP. */
const vrrp = 112;
const directions = ["out", "in"] as const;

/** The episode of this number, from 0: a function of the seed alone, whatever the earlier ones did to the pair. */
export function episodeOf(seed: number, number: number, places: readonly Place[]): Episode {
  const draws = drawsOf(seed, number);
  const pause = draws.spread(...quietMs);
  const first: PlannedFault = { fault: drawFault(draws, places), atMs: 0, forMs: draws.spread(...lastsMs) };
  if (draws.below(2) === 0) return { quietMs: pause, faults: [first] };
  const second: PlannedFault = {
    fault: drawBeside(first.fault, draws, places),
    // While the first one lasts: at once, or in its course.
    atMs: draws.below(2) * draws.below(first.forMs),
    forMs: draws.spread(...lastsMs),
  };
  return { quietMs: pause, faults: [first, second] };
}

function drawFault(draws: Draws, places: readonly Place[]): Fault {
  const { machine, isNode, units } = draws.pick(places);
  const does = draws.pick(["power", "freeze", "cut", "stop", "kill"] as const);
  switch (does) {
    case "power":
    case "freeze":
      return { machine, does };
    case "cut":
      return { machine, does, cut: draws.pick(cutsOf(isNode)) };
    case "stop":
    case "kill":
      return { machine, does, unit: draws.pick(units) };
  }
}

function cutsOf(isNode: boolean): readonly Cut[] {
  return [
    { how: "port" },
    { how: "carrier" },
    ...directions.map((direction): Cut => ({ how: "direction", direction })),
    ...(isNode ? directions.map((direction): Cut => ({ how: "proto", proto: vrrp, direction })) : []),
  ];
}

function drawBeside(first: Fault, draws: Draws, places: readonly Place[]): Fault {
  for (;;) {
    const second = drawFault(draws, places);
    if (goTogether(first, second)) return second;
  }
}

/** Whether both can be made and healed at any moment of each other. */
function goTogether(one: Fault, other: Fault): boolean {
  if (one.machine !== other.machine) return true;
  if (isWhole(one) || isWhole(other)) return false;
  if ("unit" in one && "unit" in other) return one.unit !== other.unit;
  return one.does !== other.does;
}

/** No command runs in a machine without power, or in a paused one. */
function isWhole({ does }: Fault): boolean {
  return does === "power" || does === "freeze";
}

/**
 * The fault that makes two holders inevitable, because the nodes do not hear each other while both work; undefined where
 * none does. A node without carrier notices, and holds nothing.
 */
export function partingFault(faults: readonly Fault[], places: readonly Place[]): Fault | undefined {
  const isNode = (name: string) => places.some(({ machine, isNode }) => isNode && machine === name);
  return faults.find((fault) => fault.does === "cut" && fault.cut.how !== "carrier" && isNode(fault.machine));
}

/** A fault in words. */
export function faultSentence(fault: Fault): string {
  switch (fault.does) {
    case "power":
      return `power cut of ${fault.machine}`;
    case "freeze":
      return `${fault.machine} is paused`;
    case "cut":
      return `${fault.machine} is cut off (${Object.values(fault.cut).join(" ")})`;
    case "stop":
    case "kill":
      return `${fault.does} of ${fault.unit} on ${fault.machine}`;
  }
}
