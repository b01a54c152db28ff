import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { VpcFaults } from "../../../contract/vpc.ts";
import type { Account } from "../account.ts";
import type { RoleKeys } from "../credentials.ts";
import { allows } from "../policy.ts";
import { actions } from "./actions.ts";
import { ApiError } from "./apiError.ts";
import { Parameters } from "./parameters.ts";
import { signatureFault, signerOf } from "./signature.ts";
import { answerXml, errorXml } from "./xml.ts";

const version = "2016-11-15";
const maxBytes = 64 * 1024;

export interface ApiOptions {
  readonly account: Account;
  readonly keys: RoleKeys;
  readonly faults: () => VpcFaults;
  /** Called for each call with its action and how it ended: `ok`, or EC2's error code. */
  readonly count: (action: string, code: string) => void;
}

/** EC2's Query API over HTTP. */
export function ec2Api({ account, keys, faults, count }: ApiOptions): RequestListener {
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    // As the real one answers whoever has opened a connection and asks nothing.
    if (request.method !== "POST")
      return void response.writeHead(301, { location: "https://aws.amazon.com/ec2/" }).end();
    const parameters = new Parameters(body);
    const action = parameters.text("Action") ?? "";
    const requestId = randomUUID();
    await delay(faults().apiDelayMs);
    try {
      if (faultOf(faults().api, response)) return count(action, faults().api ?? "");
      const text = answerXml(action, requestId, act(request, body, parameters));
      count(action, "ok");
      send(response, 200, text);
    } catch (error) {
      const { status, code, message } =
        error instanceof ApiError ? error : new ApiError("InternalError", String(error), 500);
      count(action, code);
      send(response, status, errorXml(code, message, requestId));
    }
  }

  function act(request: IncomingMessage, body: string, parameters: Parameters) {
    const machine = keys.ownerOf(signerOf(request));
    const own = machine === undefined ? undefined : keys.of(machine);
    const fault = signatureFault(request, body, own, { region: account.spec.region });
    if (fault !== null) throw notAuthentic(fault);
    if (faults().credentialsExpired) throw notAuthentic("RequestExpired");
    const name = parameters.required("Action");
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (action === undefined || parameters.text("Version") !== version)
      throw new ApiError("InvalidAction", `The action ${name} is not valid for this web service.`);
    parameters.assertKnown(action.parameters);
    const policy = account.interfaces.find((one) => one.machine === machine)?.policy;
    if (!allows(policy, `ec2:${name}`, arnsOf(action.resources?.(parameters))))
      throw new ApiError("UnauthorizedOperation", "You are not authorized to perform this operation.", 403);
    if (parameters.flag("DryRun"))
      throw new ApiError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412);
    return action.run(account, parameters);
  }

  function arnsOf(resources: readonly string[] | undefined): readonly string[] {
    const { region, accountId } = account.spec;
    return resources?.map((resource) => `arn:aws:ec2:${region}:${accountId}:${resource}`) ?? ["*"];
  }

  return (request, response) =>
    void answer(request, response).catch((error: unknown) => response.destroy(new Error(String(error))));
}

/** Whether the fault answers in the place of the API. */
function faultOf(fault: VpcFaults["api"], response: ServerResponse): boolean {
  switch (fault) {
    case null:
      return false;
    case "unavailable":
      throw new ApiError("Unavailable", "The server is overloaded and cannot handle the request.", 503);
    case "throttled":
      throw new ApiError("RequestLimitExceeded", "Request limit exceeded.", 503);
    case "garbage":
      send(response, 200, "\u0000<<>garbage");
      return true;
    case "silent":
      // The caller's own deadline ends it.
      return true;
  }
}

function notAuthentic(code: string): ApiError {
  const message = "AWS was not able to validate the provided access credentials";
  const status = { RequestExpired: 400, SignatureDoesNotMatch: 403 }[code] ?? 401;
  return new ApiError(code, code === "RequestExpired" ? "Request has expired." : message, status);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const part of request) {
    body += String(part);
    if (body.length > maxBytes) throw new Error("the request is too long");
  }
  return body;
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/xml;charset=UTF-8" }).end(text);
}
