import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "ssh2";
import { messageOf } from "../../base/failure.ts";
import { cancellation, logStatus } from "./engine.ts";
import type { Connection } from "./inputs.ts";
import { openClient } from "./openClient.ts";

const firstDelayMs = 100;
const delayFactor = 1.5;
const longestDelayMs = 5000;

/** Connects; tries again until more than `dialErrorLimit` dials have failed. The caller ends the client. */
export async function dial(urn: string, connection: Connection): Promise<Client> {
  const limit = connection.dialErrorLimit;
  let delayMs = firstDelayMs;
  for (let failures = 0; ; ) {
    try {
      return await openClient(connection, cancellation);
    } catch (error) {
      failures += 1;
      if (cancellation.aborted || (limit >= 0 && failures > limit)) {
        const cause = messageOf(error);
        const target = `${connection.user}@${connection.host}:${connection.port}`;
        throw new Error(`after ${failures} failed attempts: ${target}: ${cause}`, { cause: error });
      }
      await logStatus(urn, `Dial ${failures}/${limit < 0 ? "inf" : limit} failed: retrying`);
    }
    await delay(delayMs, undefined, { signal: cancellation });
    delayMs = Math.min(delayMs * delayFactor, longestDelayMs);
  }
}
