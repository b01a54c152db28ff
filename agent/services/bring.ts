import type { Host } from "../host.ts";
import { moveUnit, unitStates } from "../system/systemctl.ts";
import type { Change, Deed } from "./service.ts";

/** How a unit takes over a change: its unit file and its `environment` file are read at the start only. */
export function verbFor(
  unit: string,
  { restart, paths }: Change,
  environment?: string,
): "reload" | "restart" {
  const anew = restart.has(unit) || paths.some((path) => path === environment);
  return anew ? "restart" : "reload";
}

/** Reloads or restarts a unit; one that does not run is started, which reads everything anew. */
export async function bring(host: Host, unit: string, verb: "reload" | "restart"): Promise<Deed> {
  const [state] = await unitStates(host, [unit]);
  if (state?.active !== "active" && state?.active !== "reloading") {
    host.progress(`starting ${unit}`);
    // A unit between two automatic restarts has a start job pending already; restart replaces it.
    await moveUnit(host, "restart", unit);
    return { unit, verb: "started" };
  }
  host.progress(`${verb}ing ${unit}`);
  await moveUnit(host, verb, unit);
  return { unit, verb: verb === "reload" ? "reloaded" : "restarted" };
}
