import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import aws4 from "aws4";
import { awsHost } from "../../base/awsHost.ts";
import { messageOf } from "../../base/failure.ts";
import { steadyNowMs } from "../daemon/clock.ts";
import { type Answer, type RequestOptions, request } from "../host/request.ts";
import type { Budget } from "./budget.ts";
import type { CredentialSource, Credentials } from "./credentials.ts";
import { Ec2Error, failureOf } from "./ec2Error.ts";

/** The EC2 Query API of one region. */
export interface Ec2 {
  /**
   * Resolves to the XML of EC2's answer; rejects with an Ec2Error within a bounded time. Within the cap on requests a
   * `move` goes before all else.
   */
  call(action: string, parameters: Readonly<Record<string, string>>, purpose?: "move"): Promise<string>;
  /**
   * Fetches credentials and opens a connection, so that the next call finds both ready. Any answer of the API counts.
   * Does nothing where the cap on requests forbids it. Rejects with an Ec2Error.
   */
  warm(): Promise<void>;
  /**
   * Resolves while the API answers on an open connection: its last answer is new, or another one comes now. A call that
   * follows at once is then sent at once. One on a network that fails would be sent when the network heals, late, as TCP
   * repeats what is not acknowledged. Rejects with an Ec2Error.
   * @param calls how many follow: the cap on requests has to have room for them too
   * @param sinceMs epoch; an earlier answer does not count
   */
  reach(calls: number, sinceMs: number): Promise<void>;
}

export interface Ec2Options {
  readonly region: string;
  /** Default: the region's own. */
  readonly endpoint?: string | undefined;
  readonly credentials: CredentialSource;
  readonly budget: Budget;
}

const apiVersion = "2016-11-15";
const timeoutMs = 1500;
const maxBytes = 1024 * 1024;
/** Looks, and connections that are only kept open, leave this much of the cap. */
const leftForMoves = 10;
/** The most that is waited for before a move, whatever the number of its calls. */
const mostAwaited = 20;
/** An answer counts this long: while the API answers with failures, that costs no further request. */
const answerCountsMs = 300;

export function openEc2({ region, endpoint, credentials, budget }: Ec2Options): Ec2 {
  const url = new URL(endpoint ?? `https://${awsHost("ec2", region)}`);
  // One connection is in use at a time, but for moves of several routes, and while another one is being closed.
  const keep = { keepAlive: true, maxSockets: 4 };
  const agent = url.protocol === "https:" ? new HttpsAgent(keep) : new HttpAgent(keep);
  let answeredAtMs = Number.NEGATIVE_INFINITY;

  async function keys(): Promise<Credentials> {
    try {
      return await credentials.current();
    } catch (error) {
      throw new Ec2Error("unavailable", "NoCredentials", messageOf(error));
    }
  }

  function spend(leave: number): void {
    const cappedMs = budget.take(leave);
    if (cappedMs > 0)
      throw new Ec2Error("unavailable", "OwnCap", "this node's own cap on requests is reached", cappedMs);
  }

  async function send(options: Pick<RequestOptions, "method" | "headers" | "body">): Promise<Answer> {
    try {
      const answer = await request(url, { ...options, timeoutMs, maxBytes, agent });
      answeredAtMs = steadyNowMs();
      return answer;
    } catch (error) {
      answeredAtMs = Number.NEGATIVE_INFINITY;
      throw new Ec2Error("unavailable", "NoAnswer", `the EC2 API does not answer (${messageOf(error)})`);
    }
  }

  return {
    call: async (action, parameters, purpose) => {
      const { accessKeyId, secretAccessKey, sessionToken } = await keys();
      spend(purpose === "move" ? 0 : leftForMoves);
      const body = new URLSearchParams({ Action: action, Version: apiVersion, ...parameters }).toString();
      const signed = aws4.sign(
        { service: "ec2", region, method: "POST", path: "/", host: url.host, body },
        { accessKeyId, secretAccessKey, sessionToken },
      );
      const headers = signed.headers as Record<string, string | number>;
      const { status, text } = await send({ method: "POST", headers, body });
      if (status !== 200) {
        const failure = failureOf(action, url.host, status, text);
        if (failure.kind === "credentials") credentials.refused();
        throw failure;
      }
      if (!text.includes(`<${action}Response`) || text.includes("<return>false</return>"))
        throw new Ec2Error(
          "unavailable",
          "Malformed",
          `${url.host} answers ${action} with what is not EC2's`,
        );
      return text;
    },
    warm: async () => {
      await keys();
      if (budget.take(leftForMoves) === 0) await send({});
    },
    reach: async (calls, sinceMs) => {
      const isOpen = Object.values(agent.freeSockets).some((sockets) => (sockets?.length ?? 0) > 0);
      if (isOpen && answeredAtMs > Math.max(sinceMs, steadyNowMs() - answerCountsMs)) return;
      await keys();
      spend(Math.min(calls, mostAwaited));
      await send({});
    },
  };
}
