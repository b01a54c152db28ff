import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { signatureFault } from "../../../../lab/vpc/api/signature.ts";
import { listening } from "../../agent/egress/probeFixtures.ts";

/** The keys that it accepts. */
export const keys = { id: "AKIAOPERATOR", secret: "very/secret+key", token: "session/token==" };

/** What AWS refuses a request with. */
export class Refusal {
  readonly code: string;
  readonly status: number;

  constructor(code: string, status = 400) {
    this.code = code;
    this.status = status;
  }
}

interface Asked {
  /** For which its signature is. */
  readonly region: string;
  readonly action: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** By service and action, such as `ec2:DescribeVpcs`: XML of the answer's inside, or an object where it is JSON. */
export type Answers = Readonly<Record<string, ((asked: Asked) => string | object) | undefined>>;

export interface AwsFake extends AsyncDisposable {
  readonly url: string;
  /** Services and actions in the order in which they were asked. */
  readonly asked: readonly string[];
}

const services = ["ec2", "iam", "servicequotas", "ssm", "sts"];

/** AWS's wire format on loopback, every signature checked. What has no answer is refused, as where it is not allowed. */
export async function awsFake(answers: () => Answers): Promise<AwsFake> {
  const asked: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    let body = "";
    for await (const part of request) body += String(part);
    const [, region = "", service = ""] =
      /\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/.exec(request.headers.authorization ?? "") ?? [];
    const isJson = service === "ssm" || service === "servicequotas";
    const parameters = isJson ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body));
    const action = isJson
      ? (String(request.headers["x-amz-target"]).split(".").at(-1) ?? "")
      : (parameters.Action ?? "");
    asked.push(`${service}:${action}`);
    const fault = signatureFault(request, body, keys, { services });
    const given = answers()[`${service}:${action}`];
    const result =
      fault !== null
        ? new Refusal(fault, 403)
        : (given?.({ region, action, parameters }) ?? new Refusal("UnauthorizedOperation", 403));
    if (result instanceof Refusal) {
      response.writeHead(result.status).end(refusalText(service, result));
    } else if (typeof result === "string") {
      response.end(`<?xml version="1.0"?><${action}Response>${result}</${action}Response>`);
    } else response.end(JSON.stringify(result));
  };
  const server = await listening(createServer((request, response) => void answer(request, response)));
  return {
    url: `http://127.0.0.1:${server.port}`,
    asked,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function refusalText(service: string, { code }: Refusal): string {
  const error = `<Error><Code>${code}</Code><Message>${code} is what it says.</Message></Error>`;
  if (service === "ec2") return `<Response><Errors>${error}</Errors></Response>`;
  if (service === "iam" || service === "sts") return `<ErrorResponse>${error}</ErrorResponse>`;
  return JSON.stringify({ __type: `com.amazonaws#${code}`, message: `${code} is what it says.` });
}

export const identity = (arn = "arn:aws:sts::123456789012:assumed-role/admin/me") =>
  `<GetCallerIdentityResult><Account>123456789012</Account><Arn>${arn}</Arn></GetCallerIdentityResult>`;
