import type { IncomingMessage, ServerResponse } from "node:http";
import { messageOf } from "../../../base/failure.ts";
import { type Endpoint, type EndpointName, endpoints } from "../../../contract/routes/api.ts";
import { problemCatalogue } from "../../../contract/routes/problem.ts";
import type { Log } from "../../daemon/log.ts";
import { RouteProblem } from "../problem.ts";
import type { Admission, Source } from "./admission.ts";
import { parseJson, readBody } from "./body.ts";
import type { Asked, Handlers, Told } from "./handlers.ts";
import type { DoorMetrics } from "./metrics.ts";
import { checked, problemBody, retryHeaders } from "./problems.ts";
import { findEndpoint } from "./router.ts";

/** Of one route, and of a transaction of many. */
const bodyBytes = 64 * 1024;
const transactionBytes = 2 * 1024 * 1024;

export interface Behind {
  readonly admission: Admission;
  readonly handlers: Handlers;
  /** Answers `GET /api/events`. Throws a RouteProblem. */
  readonly stream: (response: ServerResponse) => void;
  readonly metrics: DoorMetrics;
  readonly log: Log;
  /** After so long an open circuit lets a change through, ms. */
  readonly resetMs: number;
  /** A request that has no answer by then gets 504, ms. */
  readonly deadlineMs: number;
}

/** Takes a request to its answer. Never rejects. */
export async function exchange(
  request: IncomingMessage,
  response: ServerResponse,
  source: Source,
  behind: Behind,
): Promise<void> {
  const begunAt = performance.now();
  // The client may go away at any time.
  response.on("error", () => {});
  request.on("error", () => {});
  let name = "none";
  try {
    behind.admission.admit(source);
    const found = endpointOf(request, response);
    name = found.name;
    const asked = await askedOf(request, found, source, behind.admission);
    if (found.name === "events") behind.stream(response);
    else {
      // The map's type says that each handler fits its own endpoint's requests.
      const handler = behind.handlers[found.name] as (asked: unknown) => Told | Promise<Told>;
      answer(request, response, await inTime(Promise.resolve(handler(asked)), behind.deadlineMs));
    }
  } catch (error) {
    refuse(request, response, problemOf(error, name, behind.log), behind.resetMs);
  }
  behind.metrics.answered(name, response.statusCode, (performance.now() - begunAt) / 1000);
}

interface FoundEndpoint {
  readonly name: EndpointName;
  readonly endpoint: Endpoint;
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

function endpointOf(request: IncomingMessage, response: ServerResponse): FoundEndpoint {
  const [path = "", search = ""] = (request.url ?? "").split("?", 2);
  const method = request.method ?? "";
  const found = findEndpoint(method, path);
  if (found.kind === "endpoint") {
    const { name, parameters } = found;
    return { name, endpoint: endpoints[name], parameters, query: new URLSearchParams(search) };
  }
  if (found.kind === "nothing")
    throw new RouteProblem("not-found", "There is no endpoint of this path: see /api/openapi.json.");
  const allowed = found.allowed.join(", ");
  response.setHeader("allow", allowed);
  throw new RouteProblem("bad-method", `This path takes ${allowed}.`);
}

/** The request as its endpoint's schemas have it. The body is read last: nobody without a token makes the agent do that. */
async function askedOf(
  request: IncomingMessage,
  { name, endpoint, parameters, query }: FoundEndpoint,
  source: Source,
  admission: Admission,
): Promise<Asked<EndpointName>> {
  const origin = admission.authorize(source, endpoint, request.headers);
  const given = Object.fromEntries(query);
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(endpoint.query ?? {}, key));
  if (unknown !== undefined)
    throw new RouteProblem(
      "bad-request",
      "The query has a parameter that is not known: see /api/openapi.json.",
    );
  const asked = {
    origin,
    parameters: valuesOf(endpoint.parameters, parameters, "The path"),
    query: valuesOf(endpoint.query, given, "The query"),
    headers: valuesOf(endpoint.headers, request.headers, "The header"),
  };
  if (endpoint.body === undefined) return { ...asked, body: undefined };
  const text = await readBody(request, name === "transact" ? transactionBytes : bodyBytes);
  return { ...asked, body: checked(endpoint.body, parseJson(text), "The body") } as Asked<EndpointName>;
}

function valuesOf(
  declared: Endpoint["parameters"] = {},
  given: Readonly<Record<string, unknown>>,
  what: string,
): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, { schema, isRequired }] of Object.entries(declared)) {
    if (given[name] !== undefined) values[name] = String(checked(schema, given[name], what, name));
    else if (isRequired) throw new RouteProblem("bad-request", `${what} lacks ${name}.`, name);
  }
  return values;
}

async function inTime(told: Promise<Told>, deadlineMs: number): Promise<Told> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new RouteProblem(
            "timeout",
            `There was no answer within ${deadlineMs / 1000} s, and what was asked for may still be done: look before you ask again.`,
          ),
        ),
      deadlineMs,
    );
  });
  try {
    return await Promise.race([told, late]);
  } finally {
    clearTimeout(timer);
  }
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { status = 200, body, version, afterwards }: Told,
): void {
  if (afterwards) {
    response.setHeader("connection", "close");
    response.once("close", afterwards);
  }
  send(
    request,
    response,
    status,
    "application/json",
    body,
    version === undefined ? {} : { etag: `"${version}"` },
  );
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  problem: RouteProblem,
  resetMs: number,
): void {
  if (response.headersSent) return void response.destroy();
  // What was not read of the request is not wanted.
  if (!request.complete) response.setHeader("connection", "close");
  const body = problemBody(problem);
  send(request, response, body.status, "application/problem+json", body, retryHeaders(problem.code, resetMs));
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  type: string,
  body: object,
  headers: Readonly<Record<string, string>>,
): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...headers,
  });
  response.end(request.method === "HEAD" ? "" : text);
}

/** An error that is none of the catalogue is the agent's own: its words go to the journal alone. */
function problemOf(error: unknown, name: string, log: Log): RouteProblem {
  if (error instanceof RouteProblem) return error;
  log.say("error", `the API failed at ${name}: ${messageOf(error)}`, { event: "api" });
  return new RouteProblem(
    "internal",
    `${problemCatalogue.internal.title}: see "journalctl -u hapair" on the node.`,
  );
}
