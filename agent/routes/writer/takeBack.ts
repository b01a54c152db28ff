import { messageOf } from "../../../base/failure.ts";
import type { Change } from "../../../contract/routes/change.ts";
import type { RouteNode } from "../node.ts";
import { RouteProblem, TakenBack } from "../problem.ts";
import { type Commit, type Committed, type RouteStore, StoreFailure, StoreRefusal } from "../store/store.ts";
import type { ServedOn } from "./waitForNodes.ts";

type Made = Committed & Pick<Commit, "changes" | "who" | "idempotencyKey">;

interface Surroundings {
  readonly node: Pick<RouteNode, "name">;
  readonly store: Pick<RouteStore, "commit">;
  /** Waits until the nodes serve a version. */
  readonly served: (version: number) => Promise<ServedOn>;
}

/**
 * Takes a commit back by another one, of the state before it. Resolves to the problem that the caller is told: why, and what
 * holds now.
 */
export async function takeBack(
  made: Made,
  why: unknown,
  { node, store, served }: Surroundings,
): Promise<TakenBack> {
  const problem =
    why instanceof RouteProblem
      ? why
      : new RouteProblem("refused", `HAProxy on ${node.name} does not take the change: ${messageOf(why)}`);
  const { changes, before, version, who, idempotencyKey } = made;
  const told = (sentence: string, back: number | null) => {
    const reason = problem.message.replace(/\.$/, "");
    return new TakenBack(
      problem,
      `${reason}. It was made, as version ${version}, ${sentence}`,
      version,
      back,
    );
  };
  const back = { changes: inverse(changes, before), who, idempotencyKey, takesBack: version };
  let now: number;
  try {
    ({ version: now } = await store.commit(back));
  } catch (error) {
    return told(`and ${heldBy(error)}`, null);
  }
  const rest = await served(now).then(
    ({ pendingOn }) =>
      pendingOn.length > 0 ? `; ${pendingOn.join(" and ")} has not confirmed that in time` : "",
    (error: unknown) => `, which HAProxy on ${node.name} does not take either (${messageOf(error)})`,
  );
  return told(`and was taken back whole, as version ${now}${rest}`, now);
}

/** The changes that bring back what other ones have replaced, in their order. */
function inverse(changes: readonly Change[], before: Committed["before"]): readonly Change[] {
  return changes.map((change, place) => {
    const replaced = before[place];
    const { host, agent } = change.do === "put" ? change.route : change;
    if (replaced == null) return { do: "remove", host, agent };
    const { version: _, ...route } = replaced;
    return { do: "put", route };
  });
}

/** Why it is not known to be taken back, and what holds. */
function heldBy(error: unknown): string {
  if (error instanceof StoreRefusal)
    return "could not be taken back, as one of its routes was changed again since: the routes hold as they are now, so read them";
  if (error instanceof StoreFailure && !error.mayHaveHappened)
    return `could not be taken back (${error.message}): it holds, so remove it, or send it again`;
  return `it is not known whether it was taken back (${messageOf(error)}): read the routes`;
}
