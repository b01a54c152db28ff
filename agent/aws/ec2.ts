import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import aws4 from "aws4";
import { messageOf } from "../../base/failure.ts";
import { type Answer, type RequestOptions, request } from "../host/request.ts";
import type { Budget } from "./budget.ts";
import type { CredentialSource, Credentials } from "./credentials.ts";
import { Ec2Error, failureOf } from "./ec2Error.ts";

/** The EC2 Query API of one region. */
export interface Ec2 {
  /** Resolves to the XML of EC2's answer; rejects with an Ec2Error within a bounded time. */
  call(action: string, parameters: Readonly<Record<string, string>>): Promise<string>;
  /**
   * Fetches credentials and opens a connection, so that the next call finds both ready. Any answer of the API counts.
   * Rejects with an Ec2Error.
   */
  warm(): Promise<void>;
}

export interface Ec2Options {
  readonly region: string;
  /** Default `https://ec2.REGION.amazonaws.com`. */
  readonly endpoint?: string | undefined;
  readonly credentials: CredentialSource;
  readonly budget: Budget;
}

const apiVersion = "2016-11-15";
const timeoutMs = 1500;
const maxBytes = 1024 * 1024;
/** Calls go before connections that are only kept open. */
const leftForCalls = 10;

export function openEc2({ region, endpoint, credentials, budget }: Ec2Options): Ec2 {
  const url = new URL(endpoint ?? `https://ec2.${region}.amazonaws.com`);
  // One connection is in use at a time; a second one covers a call while the first is being closed.
  const keep = { keepAlive: true, maxSockets: 2 };
  const agent = url.protocol === "https:" ? new HttpsAgent(keep) : new HttpAgent(keep);

  async function keys(): Promise<Credentials> {
    try {
      return await credentials.current();
    } catch (error) {
      throw new Ec2Error("unavailable", "NoCredentials", messageOf(error));
    }
  }

  async function send(options: Pick<RequestOptions, "method" | "headers" | "body">): Promise<Answer> {
    try {
      return await request(url, { ...options, timeoutMs, maxBytes, agent });
    } catch (error) {
      throw new Ec2Error("unavailable", "NoAnswer", `the EC2 API does not answer (${messageOf(error)})`);
    }
  }

  return {
    call: async (action, parameters) => {
      const { accessKeyId, secretAccessKey, sessionToken } = await keys();
      if (!budget.take()) throw new Ec2Error("unavailable", "OwnCap", "the cap on requests is reached");
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
      if (budget.take(leftForCalls)) await send({});
    },
  };
}
