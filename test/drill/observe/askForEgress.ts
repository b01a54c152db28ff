import { connect } from "node:net";
import type { ProbePlan } from "./probePlan.ts";
import { askExit, openTunnel, wordOf } from "./throughProxy.ts";

/** One new connection, a tunnel, a request. @returns `ok` and the exit that served it, or what went wrong in one word */
export function askForEgress(plan: Extract<ProbePlan, { ask: "egress" }>): () => Promise<string> {
  return async () => {
    const socket = connect({ ...plan.proxy, noDelay: true });
    socket.on("error", () => undefined);
    let expired = false;
    const deadline = setTimeout(() => {
      expired = true;
      socket.destroy(new Error("timeout"));
    }, plan.deadlineMs);
    try {
      await openTunnel(socket, plan);
      return `ok ${await askExit(socket, plan)}`;
    } catch (error) {
      return expired ? "timeout" : wordOf(error);
    } finally {
      clearTimeout(deadline);
      socket.destroy();
    }
  };
}
