import type { IncomingHttpHeaders } from "node:http";
import type { Endpoint } from "../../../contract/routes/api.ts";
import type { RoutesConfig } from "../../../contract/routesConfig.ts";
import { RouteProblem } from "../problem.ts";
import type { Origin } from "./audit.ts";
import { type Rate, rateLimit } from "./rate.ts";
import { bearerOf, isAllowed, isOf } from "./tokens.ts";

/** Per source. A transaction takes up to 1,000 changes, so whoever has more to do needs no further requests. */
export const requestRate: Rate = { burst: 4000, perSecond: 2000 };
/** Per source: tokens are random, and nobody guesses one; whoever tries costs nothing more. */
const refusalRate: Rate = { burst: 20, perSecond: 2 };

/** Where a request comes from: an address, and to which of the node's own, or the node's root over the Unix socket. */
export type Source = { readonly address: string; readonly to: string } | "local";

export interface Admission {
  /** Throws a RouteProblem where the source asks too often. */
  admit(source: Source): void;
  /** Who asks, where that is allowed to. Throws a RouteProblem. */
  authorize(source: Source, endpoint: Endpoint, headers: IncomingHttpHeaders): Origin;
}

export function openAdmission(
  { tokens, adminKeySha256 }: Pick<RoutesConfig, "tokens" | "adminKeySha256">,
  nowMs: () => number = () => performance.now(),
): Admission {
  const requests = rateLimit(requestRate, nowMs);
  const refusals = rateLimit(refusalRate, nowMs);

  /** Whoever has a right token is not kept out by others behind his address. */
  function refuseAgain(address: string): void {
    if (!refusals.take(address))
      throw new RouteProblem("too-many", `${address} has sent too many wrong tokens: wait some seconds.`);
  }

  return {
    admit: (source) => {
      if (source !== "local" && !requests.take(source.address))
        throw new RouteProblem(
          "too-many",
          `${source.address} has sent more than ${requestRate.perSecond} requests a second: send one transaction of many changes.`,
        );
    },
    authorize: (source, { role, needsAdminKey }, headers) => {
      if (source === "local") return { who: "root", from: "local", to: "local" };
      const { address, to } = source;
      if (role === null) return { who: "anyone", from: address, to };
      const bearer = bearerOf(headers.authorization, tokens);
      if (bearer === null) {
        refuseAgain(address);
        throw new RouteProblem(
          "bad-token",
          headers.authorization === undefined
            ? "The request has no token: send the header Authorization: Bearer TOKEN."
            : "The token is not one of this pair: see the stack's output routeTokens.",
          "authorization",
        );
      }
      if (!isAllowed(bearer.role, role))
        throw new RouteProblem(
          "bad-role",
          `The token ${bearer.name} has the role ${bearer.role}, and this needs ${role}: use another token.`,
          "authorization",
        );
      if (needsAdminKey && !isOf(String(headers["x-admin-key"] ?? ""), adminKeySha256)) {
        refuseAgain(address);
        throw new RouteProblem(
          "bad-token",
          "The header X-Admin-Key is missing or has another key than the stack's.",
          "x-admin-key",
        );
      }
      return { who: bearer.name, from: address, to };
    },
  };
}
