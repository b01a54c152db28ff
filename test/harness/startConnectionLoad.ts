import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { execArgv } from "../../lab/exec.ts";
import { type LoadPlan, type LoadResult, wholeLoad } from "./loadPlan.ts";

export interface ConnectionLoad {
  /** Ends the load and returns what came of it. @throws Failure where its own bounds had ended it before */
  stop(): Promise<LoadResult>;
  /** Ends the load whatever it came to. */
  close(): Promise<void>;
}

/** Starts new connections from the lab's application server, in a process of its own. */
export function startConnectionLoad(lab: string, plan: LoadPlan): ConnectionLoad {
  const program = join(import.meta.dirname, "connectionLoad.ts");
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
