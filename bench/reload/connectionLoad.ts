import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { Failure } from "../../base/failure.ts";
import { execArgv } from "../../lab/machine/exec.ts";

export interface ConnectionLoad {
  /** Ends the load. @returns its result @throws Failure where the load's own bounds ended it before */
  stop(): Promise<LoadResult>;
  /** Ends the load without a result. */
  close(): Promise<void>;
}

/** Starts new connections from the lab's application server, in a process of its own. */
export function startConnectionLoad(lab: string, plan: LoadPlan): ConnectionLoad {
  const program = join(import.meta.dirname, "connectionLoadProgram.ts");
  const [file = "", ...args] = execArgv(lab, "app", [process.execPath, program]);
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  const exit = once(child, "exit");
  const output = text(child.stdout);
  child.stdin.on("error", () => undefined);
  child.stdin.write(`${JSON.stringify(plan)}\n`);
  const close = async () => {
    child.stdin.end();
    await exit;
  };
  return {
    close,
    stop: async () => {
      await close();
      return wholeLoad(await output);
    },
  };
}

/** What a connection load does; the program reads it from stdin. */
export const LoadPlan = z.strictObject({
  host: z.string(),
  port: z.int(),
  /** New connections a second. */
  perSecond: z.int().min(1),
  maxSeconds: z.number().max(60),
  /**
   * Each attempt leaves one of the client's 28,232 ports in TIME_WAIT for a minute. The kernel assigns every second
   * port first: beyond 14,116 its search takes a hundred times as long, and the load would measure that.
   */
  maxAttempts: z.int().max(14_000),
  /** An attempt without an answer within this time has failed. */
  deadlineMs: z.int(),
});
export type LoadPlan = z.infer<typeof LoadPlan>;

/** The result of a connection load. */
export const LoadResult = z.strictObject({
  attempted: z.int(),
  failed: z.int(),
  /** New connections a second that it achieved. */
  perSecond: z.number(),
  /** Number of failures by cause, in one word. */
  reasons: z.record(z.string(), z.int()),
  /** `asked`: it ran until stdin ended. `bounds`: the plan's time or count ended it before. */
  endedBy: z.enum(["asked", "bounds"]),
});
export type LoadResult = z.infer<typeof LoadResult>;

/** Parses what a load printed. @throws Failure for a load that its own bounds ended */
export function wholeLoad(output: string): LoadResult {
  const result = LoadResult.parse(JSON.parse(output));
  if (result.endedBy === "asked") return result;
  const { attempted, perSecond } = result;
  throw new Failure(
    `the load ended before the measurement: after ${attempted} connections at ${perSecond}/s; stop other work on this machine and try again`,
  );
}
