import type { Updater } from "../../updates/updater.ts";
import { RouteProblem } from "../problem.ts";
import type { Audit } from "./audit.ts";
import type { Handlers } from "./handlers.ts";

export function updatesHandlers(
  updater: Pick<Updater, "shown" | "confirm"> | undefined,
  audit: Audit,
): Pick<Handlers, "confirmNodes"> {
  return {
    confirmNodes: ({ origin }) => {
      const isDone = updater?.confirm() === true;
      audit.action("confirmation of a list of nodes", origin, isDone ? "done" : "not-found");
      if (updater !== undefined && isDone) return { body: updater.shown() };
      throw new RouteProblem(
        "not-found",
        updater === undefined
          ? "No service names nodes of this pair: see edge.updates."
          : "There is no list in doubt on this node: see updates of /api/health/system.",
      );
    },
  };
}
