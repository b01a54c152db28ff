/** The routes of a pair, for programs: see docs/routes-api.md. */

export {
  type ChangeOptions,
  type ConnectOptions,
  connect,
  type RequestOptions,
  type Routes,
} from "./connect.ts";
export { RouteError } from "./error.ts";
export type {
  Change,
  Difference,
  ProblemCode,
  Route,
  RouteInput,
  RouteList,
  RouteOptions,
  StoredRoute,
  SystemHealth,
  TargetCheck,
  TargetCheckInput,
  TransactionResult,
  UpdatesHealth,
  WeightedTarget,
  WeightedTargetInput,
} from "./types.ts";
