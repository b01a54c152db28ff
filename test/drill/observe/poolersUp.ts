import { poolBackend } from "../../../render/paths.ts";
import { serverStates } from "./serverStates.ts";

/** How many poolers a node's haproxy would send a client to; 0 where that haproxy does not answer. */
export async function poolersUp(lab: string, node: string): Promise<number> {
  const states = await serverStates(lab, node, poolBackend);
  return Object.values(states).filter((state) => state === "UP").length;
}
