import { messageOf } from "../../../base/failure.ts";
import { Ec2Error } from "../../aws/ec2Error.ts";
import type { Log } from "../../daemon/log.ts";

/** Least and greatest time until a failed call is repeated; the two nodes must not stay in step. */
const retryMs = [100, 300] as const;
/** The same for a call that AWS refuses: it fails until somebody mends the cause. Doubled each time. */
const refusedMs = 2000;
const maxRefusedMs = 10_000;

/** How the calls of the API go that change something. */
export interface Calls {
  worked(of: Purpose): void;
  /** @returns the ms until it may be repeated */
  failed(of: Purpose, error: unknown): number;
  /** No such call is due: what the last one said means nothing any more. */
  notDue(of: Purpose): void;
  problem(): string | null;
}

type Purpose = "move" | "follow";

interface CallTools {
  readonly log: Log;
  /** From 0 up to 1. */
  random(): number;
  /** A call failed, with AWS's own code. */
  count(code: string): void;
}

export function openCalls({ log, random, count }: CallTools): Calls {
  const problems = new Map<Purpose, string>();
  let refusals = 0;

  const problem = (): string | null => problems.get("move") ?? problems.get("follow") ?? null;

  function over(of: Purpose, how: string | undefined): void {
    problems.delete(of);
    log.trouble("EC2 API", problem(), how);
  }

  return {
    worked: (of) => {
      refusals = 0;
      over(of, undefined);
    },
    failed: (of, error) => {
      const { kind, code, cappedMs } = error instanceof Ec2Error ? error : {};
      // The cap is reached because of an earlier problem, which says more.
      if (cappedMs === undefined || problem() === null) problems.set(of, messageOf(error));
      log.trouble("EC2 API", problem());
      if (cappedMs !== undefined) return cappedMs;
      if (code !== undefined) count(code);
      const [least, most] = retryMs;
      if (kind !== "refused") refusals = 0;
      else refusals += 1;
      return refusals === 0
        ? least + random() * (most - least)
        : Math.min(refusedMs * 2 ** (refusals - 1), maxRefusedMs);
    },
    notDue: (of) => {
      refusals = 0;
      over(of, "nothing is asked of it now");
    },
    problem,
  };
}
