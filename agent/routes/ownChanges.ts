import type { Change } from "../../contract/routes/change.ts";
import type { Audit } from "./door/audit.ts";
import { RouteProblem } from "./problem.ts";
import type { RouteWriter } from "./writer/write.ts";

/**
 * Makes changes that the daemon itself asks for, with their line in the audit as those of callers have one.
 * @param who agent of their routes
 * @throws what the writer throws
 */
export async function writeOwnChanges(
  { writer, audit }: { readonly writer: Pick<RouteWriter, "write">; readonly audit: Audit },
  who: string,
  changes: readonly Change[],
): Promise<void> {
  const origin = { who, from: "local", to: "local" };
  const tell = (outcome: Parameters<Audit["changes"]>[2]) => audit.changes(changes, origin, outcome);
  try {
    tell(await writer.write({ changes: [...changes], probe: false, dryRun: false }, { who }));
  } catch (error) {
    tell({ code: error instanceof RouteProblem ? error.code : "internal" });
    throw error;
  }
}
