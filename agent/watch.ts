import { moverPart } from "./address/mover/part.ts";
import { addressPart } from "./address/part.ts";
import type { Part, PartContext } from "./daemon/part.ts";
import { edgePart } from "./edge/part.ts";
import { egressPart } from "./egress/part.ts";
import { routesPart } from "./routes/part.ts";
import { openPostgresStore } from "./routes/store/postgres.ts";

/** The parts of the daemon, in the order in which they start. */
export function openParts(context: PartContext): readonly Part[] {
  const egress = egressPart(context, () => address.vip());
  const address = addressPart(context, egress);
  const edge = edgePart(context);
  const routes = routesPart(
    context,
    ({ database, pair, host }) => openPostgresStore({ login: database, pair, node: host }),
    edge.subscribe,
  );
  return [routes, egress, address, moverPart(context), edge];
}
