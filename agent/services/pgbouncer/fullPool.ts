import type { RemoteDatabase } from "../../../contract/agentConfig.ts";
import { isLateAnswer } from "../../host/network.ts";
import type { System } from "../../host/system.ts";
import { isPoolFull, poolerQuestions } from "../../limits/pgbouncer.ts";
import { inConsole } from "./console.ts";

const answerMs = 3000;

/**
 * Whether a proof's query has only waited: the application's clients have all server connections of the pooler, which is
 * the normal state of a port for sessions. Only the role of an external database shares its pool with them. The pool is
 * looked at once the query has given up, so nobody needs to be waiting any more.
 */
export function waitsIn(host: System, port: number, { external, proof }: RemoteDatabase) {
  if (external === undefined) return undefined;
  return async (reason: string): Promise<boolean> => {
    if (!isLateAnswer(reason)) return false;
    try {
      return isPoolFull(port, await inConsole(host, port, poolerQuestions, { timeoutMs: answerMs }), proof);
    } catch {
      return false;
    }
  };
}
