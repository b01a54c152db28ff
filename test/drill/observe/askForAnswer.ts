import { connect } from "node:net";
import type { ProbePlan } from "./probePlan.ts";

/** PostgreSQL's SSLRequest: any server answers it with one byte before a login. */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** One new connection, one question, one byte of answer. @returns `ok` or what went wrong */
export function askForAnswer({
  host,
  port,
  deadlineMs,
}: Extract<ProbePlan, { ask: "answer" }>): () => Promise<string> {
  return () =>
    new Promise((resolve) => {
      const socket = connect({ host, port, noDelay: true });
      const settle = (outcome: string) => {
        clearTimeout(deadline);
        resolve(outcome);
        socket.destroy();
      };
      const deadline = setTimeout(() => settle("timeout"), deadlineMs);
      socket.once("connect", () => socket.write(sslRequest));
      socket.once("data", () => settle("ok"));
      socket.once("end", () => settle("closed"));
      socket.on("error", (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    });
}
