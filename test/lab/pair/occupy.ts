import { spawn } from "node:child_process";
import { once } from "node:events";
import { execArgv } from "../../../lab/machine/exec.ts";

/** Somebody else's process that listens on a port of a machine, on all its addresses, until told to leave. */
export async function occupy(
  lab: string,
  machine: string,
  port: number,
): Promise<{ leave(): Promise<void> }> {
  const listen = `require("net").createServer((client) => client.destroy()).listen(${port}, "0.0.0.0", () => console.log("listens"));
    process.stdin.resume().on("close", () => process.exit())`;
  const [file = "", ...args] = execArgv(lab, machine, ["node", "-e", listen]);
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  const exit = once(child, "exit");
  await Promise.race([
    once(child.stdout, "data"),
    exit.then(() => {
      throw new Error(`port ${port} of ${machine} is taken already`);
    }),
  ]);
  return {
    leave: async () => {
      child.stdin.end();
      await exit;
    },
  };
}
