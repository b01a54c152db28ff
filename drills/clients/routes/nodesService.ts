import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Failure } from "../../../base/failure.ts";
import { startClient } from "../startClient.ts";
import { NodesAnswer, type NodesBehaviour, type NodesServicePlan } from "./nodesServicePlan.ts";

/** A service on the application server that names the nodes of a route. */
export interface NodesService {
  /** From the next request on. */
  behave(as: NodesBehaviour): void;
  /** The requests until now, in the order in which they ended. */
  readonly answers: readonly NodesAnswer[];
  stop(): Promise<void>;
}

/** @throws Failure where it does not start */
export async function startNodesService(lab: string, plan: NodesServicePlan): Promise<NodesService> {
  const program = join(import.meta.dirname, "nodesServiceProgram.ts");
  const child = startClient(lab, program, JSON.stringify(plan));
  const exit = once(child, "exit");
  const died = exit.then(() => {
    throw new Failure(`the service that names nodes does not start at ${plan.address}:${plan.port}`);
  });
  died.catch(() => undefined);
  const answers: NodesAnswer[] = [];
  const lines = createInterface({ input: child.stdout });
  await Promise.race([once(lines, "line"), died]);
  lines.on("line", (line) => answers.push(NodesAnswer.parse(JSON.parse(line))));
  return {
    behave: (as) => void child.stdin.write(`${JSON.stringify(as)}\n`),
    answers,
    stop: async () => {
      child.stdin.end();
      await exit;
    },
  };
}
