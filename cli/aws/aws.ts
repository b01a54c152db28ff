import { setTimeout as sleep } from "node:timers/promises";
import aws4 from "aws4";
import { XMLParser } from "fast-xml-parser";
import { messageOf } from "../../base/failure.ts";
import { AwsFailure, failureOf, noAnswer, noRegion } from "./awsError.ts";
import type { Credentials } from "./credentials.ts";
import { endpointOf, type Service } from "./endpoint.ts";

/** AWS, as asked by whoever runs the commands. Each request is bounded in time and rejects with an AwsFailure. */
export interface Aws {
  readonly region: string;
  /** The parsed XML of the answer, without its root: lists are arrays under `item` or `member`. */
  query(
    service: "ec2" | "iam" | "sts",
    action: string,
    parameters?: Readonly<Record<string, string>>,
  ): Promise<unknown>;
  json(service: "servicequotas" | "ssm", operation: string, body: object): Promise<unknown>;
}

const versions = { ec2: "2016-11-15", iam: "2010-05-08", sts: "2011-06-15" } as const;
const targets = { servicequotas: "ServiceQuotasV20190624", ssm: "AmazonSSM" } as const;
const timeoutMs = 10_000;
/** Pauses before another try, where AWS is busy. */
const pausesMs = [300, 1000];

const xml = new XMLParser({
  parseTagValue: false,
  isArray: (name) => name === "item" || name === "member",
});

/** @param endpoint in place of every service's own, as `AWS_ENDPOINT_URL` names it */
export function openAws(
  region: string,
  credentials: Credentials,
  endpoint: string | undefined = process.env.AWS_ENDPOINT_URL || undefined,
): Aws {
  async function send(service: Service, action: string, headers: Record<string, string>, body: string) {
    const { host: ownHost, region: signedFor } = endpointOf(service, region);
    const url = new URL(endpoint ?? `https://${ownHost}`);
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    const signed = aws4.sign(
      { service, region: signedFor, method: "POST", path: "/", host: url.host, headers, body },
      { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
    );
    const { Host: _host, "Content-Length": _length, ...rest } = signed.headers as Record<string, string>;
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const response = await fetch(new URL("/", url), {
        ...{ method: "POST", headers: rest, body, signal, redirect: "manual" },
      });
      return { action, host: url.host, status: response.status, text: await response.text() };
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      const isRegional = endpoint === undefined && ownHost.startsWith(`${service}.${region}.`);
      if (isRegional && cause instanceof Error && "code" in cause && cause.code === "ENOTFOUND")
        throw noRegion(region, url.host);
      throw noAnswer(url.host, messageOf(cause ?? error));
    }
  }

  async function patiently<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    for (const pauseMs of pausesMs)
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof AwsFailure) || error.trouble !== "unavailable") throw error;
        await sleep(pauseMs);
      }
    return ask();
  }

  return {
    region,
    query: (service, action, parameters = {}) =>
      patiently(async () => {
        const body = new URLSearchParams({ Action: action, Version: versions[service], ...parameters });
        const form = { "Content-Type": "application/x-www-form-urlencoded; charset=utf-8" };
        const answer = await send(service, action, form, body.toString());
        const root = parsed(answer.text);
        if (answer.status !== 200) {
          const { Code, Message } = errorIn(root);
          throw failureOf(answer, Code, Message);
        }
        const inner = root[`${action}Response`];
        if (inner === undefined) throw failureOf(answer, "Malformed", "the answer is none of AWS's");
        return inner;
      }),
    json: (service, operation, body) =>
      patiently(async () => {
        const headers = {
          "Content-Type": "application/x-amz-json-1.1",
          "X-Amz-Target": `${targets[service]}.${operation}`,
        };
        const answer = await send(service, operation, headers, JSON.stringify(body));
        const value = jsonOf(answer.text);
        if (answer.status === 200 && value !== undefined) return value;
        const { __type, message, Message } = Object(value);
        throw failureOf(answer, __type?.split("#").at(-1), message ?? Message);
      }),
  };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(xml.parse(text));
  } catch {
    return {};
  }
}

/** EC2's errors are in a list, those of others are not. */
function errorIn(root: Readonly<Record<string, unknown>>): { Code?: string; Message?: string } {
  return Object(Object(Object(root.Response).Errors).Error ?? Object(root.ErrorResponse).Error);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
