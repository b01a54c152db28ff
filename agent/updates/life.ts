import type { WeightedTarget } from "../../contract/routes/route.ts";
import type { UpdatesConfig } from "../../contract/updates/config.ts";
import { type UpdateFailure, type UpdateState, updateFailures } from "../../contract/updates/state.ts";
import type { NodeList } from "./fetchList.ts";

/** The life of an updater as a pure function: what has happened leads to the next state, and to what is to be done in it. */

interface Problem {
  readonly reason: UpdateFailure;
  readonly words: string;
}

export interface Life {
  readonly state: UpdateState;
  /** The last well-formed list. */
  readonly list: NodeList | null;
  /** So often, one after the other, it has come and was in doubt. */
  readonly doubted: number;
  /** Somebody has said that this list is meant, whatever it lacks. */
  readonly isConfirmed: boolean;
  /** Nodes of it that are left out until they accept a connection. */
  readonly unanswered: number;
  /** Whether this round has changed the route already. */
  readonly hasWritten: boolean;
  /** Failed rounds one after another, until now. */
  readonly failures: number;
  /** Why the last round failed; null where it did not. */
  readonly problem: Problem | null;
}

export const begin: Life = {
  state: "Starting",
  list: null,
  doubted: 0,
  isConfirmed: false,
  unanswered: 0,
  hasWritten: false,
  failures: 0,
  problem: null,
};

/** What a look at a list has found. */
export interface Checked {
  /** The targets that the route is to have. */
  readonly wanted: readonly WeightedTarget[];
  readonly unanswered: number;
  /** Why the list may be a mistake of the service's; null where nothing speaks for that. */
  readonly doubt: "empty" | "halved" | null;
}

export type Happening =
  | { readonly what: "started" }
  /** The routes of this node are known. */
  | { readonly what: "loaded" }
  /** The service has answered; null: with the list of before. */
  | { readonly what: "fetched"; readonly list: NodeList | null }
  | ({ readonly what: "checked" } & Checked)
  /** Whether the route is what is wanted. */
  | { readonly what: "compared"; readonly isSame: boolean; readonly wanted: readonly WeightedTarget[] }
  | { readonly what: "written"; readonly wanted: readonly WeightedTarget[] }
  | ({ readonly what: "failed" } & Problem)
  | { readonly what: "due" };

export type Effect =
  | { readonly do: "load" }
  | { readonly do: "fetch"; readonly etag: string | null }
  | { readonly do: "check"; readonly list: NodeList }
  | { readonly do: "compare"; readonly wanted: readonly WeightedTarget[] }
  | { readonly do: "write"; readonly wanted: readonly WeightedTarget[] }
  | { readonly do: "wait"; readonly forMs: number };

type Settings = Pick<UpdatesConfig, "intervalMs" | "confirmAfter">;

interface Step {
  readonly life: Life;
  readonly effect: Effect;
}

/** The first pause after a failure; each further one is twice as long, up to the interval. */
const firstPauseMs = 1000;

export function advance(life: Life, happening: Happening, settings: Settings): Step {
  switch (happening.what) {
    case "started":
      return { life: { ...life, state: "LoadingConfig" }, effect: { do: "load" } };
    case "loaded":
      return {
        life: { ...life, state: "FetchingNodes", hasWritten: false },
        effect: { do: "fetch", etag: life.list?.etag ?? null },
      };
    case "fetched":
      return fetched(life, happening.list ?? life.list);
    case "checked":
      return checked(life, happening, settings);
    case "compared":
      return compared(life, happening, settings);
    case "written":
      return {
        life: { ...life, state: "Ready", hasWritten: true },
        effect: { do: "compare", wanted: happening.wanted },
      };
    case "failed":
      return failed(life, happening, settings);
    case "due":
      return life.state === "Error"
        ? advance(life, { what: "started" }, settings)
        : advance(life, { what: "loaded" }, settings);
    default:
      return happening satisfies never;
  }
}

/** Whether a list waits until it has come often enough, or somebody says that it is meant. */
export function isInDoubt({ state, doubted, problem }: Life): boolean {
  return doubted > 0 && state !== "Routing" && (problem?.reason === "empty" || problem?.reason === "halved");
}

/** Somebody says that the list in doubt is meant. */
export function confirmed(life: Life): Life {
  return { ...life, isConfirmed: true };
}

function fetched(life: Life, list: NodeList | null): Step {
  // Nobody but a service that has been asked with a tag answers that nothing has changed.
  if (list === null) throw new Error("a list that is unchanged was never sent");
  const isSame = life.list !== null && areSame(life.list.targets, list.targets);
  return {
    life: {
      ...life,
      state: "HealthChecks",
      list,
      doubted: isSame ? life.doubted : 0,
      isConfirmed: isSame && life.isConfirmed,
    },
    effect: { do: "check", list },
  };
}

function checked(life: Life, { wanted, unanswered, doubt }: Checked, settings: Settings): Step {
  const looked: Life = { ...life, unanswered, doubted: doubt === null ? 0 : life.doubted + 1 };
  if (wanted.length === 0 && unanswered > 0) {
    const words = `${updateFailures["no-answer"]}: start one of them, or see what is between them and this node`;
    return failed(looked, { reason: "no-answer", words }, settings);
  }
  if (doubt !== null && !life.isConfirmed && looked.doubted < settings.confirmAfter) {
    const words = `${updateFailures[doubt]}: it has come ${looked.doubted} of ${settings.confirmAfter} times, and is followed then; \`hapair route confirm\` follows it now`;
    return {
      life: { ...looked, state: "Error", problem: { reason: doubt, words } },
      effect: { do: "wait", forMs: settings.intervalMs },
    };
  }
  return { life: { ...looked, state: "Ready" }, effect: { do: "compare", wanted } };
}

function compared(
  life: Life,
  { isSame, wanted }: Extract<Happening, { what: "compared" }>,
  settings: Settings,
): Step {
  if (isSame)
    return {
      life: { ...life, state: "Routing", failures: 0, problem: null },
      effect: { do: "wait", forMs: settings.intervalMs },
    };
  // Another node has made it what its own list says: the next round decides.
  if (life.hasWritten)
    return failed(
      life,
      {
        reason: "routes",
        words: `${updateFailures.routes}: another node changes it at the same time, by another list of the service's`,
      },
      settings,
    );
  return { life: { ...life, state: "Reloading" }, effect: { do: "write", wanted } };
}

function failed(life: Life, { reason, words }: Problem, { intervalMs }: Settings): Step {
  const failures = life.failures + 1;
  return {
    life: { ...life, state: "Error", failures, problem: { reason, words } },
    effect: { do: "wait", forMs: Math.min(intervalMs, firstPauseMs * 2 ** Math.min(failures - 1, 30)) },
  };
}

function areSame(one: readonly WeightedTarget[], other: readonly WeightedTarget[]): boolean {
  const text = (targets: readonly WeightedTarget[]) =>
    targets
      .map(({ url, weight }) => `${url} ${weight}`)
      .toSorted()
      .join();
  return text(one) === text(other);
}
