import * as z from "zod";
import { HaproxyState } from "../health.ts";
import { UpdateState } from "../updates/state.ts";
import { HostName, Route } from "./route.ts";

/** What `GET /api/events` tells, each as one server-sent event whose name is its `type`. */

const at = z.iso.datetime();
/** Why something does not work; null where it works again. */
const problem = z.nullable(z.string());

export const RouteEvent = z.discriminatedUnion("type", [
  /** Routes of this node have changed: on disk and served; `route` is null where one is removed. */
  z.strictObject({
    type: z.literal("routes"),
    at,
    version: z.int().min(0),
    changes: z.array(z.strictObject({ host: HostName, route: z.nullable(Route) })),
  }),
  /** The whole table is another one, as this node was too far behind for single changes: read it again. */
  z.strictObject({ type: z.literal("table"), at, version: z.int().min(0) }),
  /** HAProxy on this node has another state. */
  z.strictObject({ type: z.literal("haproxy"), at, state: HaproxyState, problem }),
  /** HAProxy on this node finds a server, `backend/server`, in another state: `UP`, `DOWN`, `MAINT` and so on. */
  z.strictObject({
    type: z.literal("server"),
    at,
    server: z.string(),
    before: z.string(),
    state: z.string(),
  }),
  /** HAProxy's configuration on this node's disk is another one now, or is judged otherwise. */
  z.strictObject({ type: z.literal("configuration"), at, problem }),
  /** The database of the routes cannot be reached from this node, or can again. */
  z.strictObject({ type: z.literal("store"), at, problem }),
  /** This node's log of routes cannot be written, as where the disk is full, or can again. */
  z.strictObject({ type: z.literal("log"), at, problem }),
  /** HAProxy's servers of routes with several targets on this node cannot be made those of the routes, or can again. */
  z.strictObject({ type: z.literal("servers"), at, problem }),
  /** The certificate in this node's folder is not taken over and `problem` says why, or is again. */
  z.strictObject({ type: z.literal("certificate"), at, problem }),
  /** The circuit in front of changes has another state. */
  z.strictObject({ type: z.literal("circuit"), at, state: z.enum(["CLOSED", "OPEN", "HALF_OPEN"]) }),
  /** HAProxy on this node was restarted, or a restart was refused and `problem` says why. */
  z.strictObject({ type: z.literal("recovery"), at, problem }),
  /** This node leaves the virtual address to the others and `problem` says why, or is fit for it again. */
  z.strictObject({ type: z.literal("address"), at, problem }),
  /** The updater of this node has another state; `problem` says why the last round failed. */
  z.strictObject({ type: z.literal("updates"), at, state: UpdateState, problem }),
]);
export type RouteEvent = z.output<typeof RouteEvent>;
