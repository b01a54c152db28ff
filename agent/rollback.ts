import { apply } from "./apply.ts";
import { badInput } from "./errors.ts";
import type { Host } from "./host.ts";
import type { Outcome } from "./outcome.ts";
import { readHistory } from "./store/history.ts";
import { unfinished } from "./store/journal.ts";
import { type Layout, layoutOf } from "./store/layout.ts";
import { stagedBundle } from "./store/stage.ts";

/** Goes back one bundle, or out of an apply that was killed. Only under the host's lock. Throws as `apply` does. */
export async function rollback(host: Host): Promise<Outcome> {
  const layout = layoutOf(host.root);
  const sha = bundleBefore(layout);
  if (sha === undefined) throw badInput("there is no bundle before this one to go back to");
  const known = stagedBundle(layout, sha, host.name);
  if (known === undefined)
    throw badInput(`the bundle before this one, ${sha}, is no longer on this host: apply it from a file`);
  return apply(host, { known, kind: "rollback", unlessHolder: false });
}

/** A rollback that was killed is finished: asked for again, it must not go back to what it was to leave. */
function bundleBefore(layout: Layout): string | undefined {
  const pending = unfinished(layout);
  if (pending === undefined) return readHistory(layout).at(-2)?.bundle;
  return pending.kind === "rollback" ? pending.to : (pending.from ?? undefined);
}
