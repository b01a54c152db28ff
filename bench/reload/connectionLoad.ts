import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { Failure } from "../../base/failure.ts";
import { execArgv } from "../../lab/machine/exec.ts";

export interface ConnectionLoad {
  /** Ends the load and returns what came of it. @throws Failure where its own bounds had ended it before */
  stop(): Promise<LoadResult>;
  /** Ends the load whatever it came to. */
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

/** What a connection load does, and on stdin how it is told. */
export const LoadPlan = z.strictObject({
  host: z.string(),
  port: z.int(),
  /** New connections a second. */
  perSecond: z.int().min(1),
  maxSeconds: z.number().max(60),
  /**
   * Each attempt leaves one of the client's 28,232 ports in TIME_WAIT for a minute, and the kernel gives out every
   * second one first: beyond 14,116 it searches a hundred times as long, and the load would measure that.
   */
  maxAttempts: z.int().max(14_000),
  /** An attempt that has no answer by then has failed. */
  deadlineMs: z.int(),
});
export type LoadPlan = z.infer<typeof LoadPlan>;

/** What came of it. */
export const LoadResult = z.strictObject({
  attempted: z.int(),
  failed: z.int(),
  /** New connections a second that it came to. */
  perSecond: z.number(),
  /** How often each failure was seen, by its word. */
  reasons: z.record(z.string(), z.int()),
  /** Whether it went on until it was told to end, or came to the plan's own time or count before. */
  endedBy: z.enum(["asked", "bounds"]),
});
export type LoadResult = z.infer<typeof LoadResult>;

/** What a load printed, as one that went on to the end. @throws Failure for one that ended by itself before */
export function wholeLoad(output: string): LoadResult {
  const result = LoadResult.parse(JSON.parse(output));
  if (result.endedBy === "asked") return result;
  const { attempted, perSecond } = result;
  throw new Failure(
    `the load was over before what it was to go beside: after ${attempted} connections at ${perSecond}/s; stop what else this machine does and try again`,
  );
}
