import * as z from "zod";
import { type Endpoint, endpoints, namedSchemas } from "../../../contract/routes/api.ts";
import { RouteEvent } from "../../../contract/routes/event.ts";
import { Problem, type ProblemCode, problemCatalogue } from "../../../contract/routes/problem.ts";

/** Problems of every endpoint; the second list is of those that need a token. */
const ofAll: readonly ProblemCode[] = ["bad-request", "bad-method", "too-many", "internal"];
const ofTokens: readonly ProblemCode[] = ["bad-token", "bad-role"];

const adminKey = {
  schema: z.string(),
  about: "The stack's admin key, beside the token",
  isRequired: true,
} as const;

type Json = Readonly<Record<string, unknown>>;

/** The API as an OpenAPI 3.0 document, made of the schemas that check its requests. */
export function openApiDocument(): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(namedSchemas)) registry.add(schema, { id });
  registry.add(Problem, { id: "Problem" });
  registry.add(RouteEvent, { id: "RouteEvent" });
  const { schemas } = z.toJSONSchema(registry, {
    target: "openapi-3.0",
    io: "input",
    uri: (id) => `#/components/schemas/${id}`,
  });
  const paths: Record<string, Record<string, Json>> = {};
  for (const [name, endpoint] of Object.entries(endpoints)) {
    paths[endpoint.path] = {
      ...paths[endpoint.path],
      [endpoint.method.toLowerCase()]: operation(name, endpoint),
    };
  }
  return {
    openapi: "3.0.3",
    info: {
      title: "Routes and health of a pair",
      version: "1",
      description: "Errors are `application/problem+json` with a code that programs can rely on.",
    },
    paths,
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutIds(schema)])),
    },
  };
}

function operation(name: string, endpoint: Endpoint): Json {
  const { role, about, body, answer, answerType, hasVersion, needsAdminKey, problems } = endpoint;
  const { answersUnhealthy, answersBefore } = endpoint;
  const good = {
    description: "Done",
    ...(hasVersion && {
      headers: { ETag: { description: "The table's version", schema: { type: "string" } } },
    }),
    content: answerType
      ? { [answerType]: { schema: reference(RouteEvent, "RouteEvent") } }
      : { "application/json": { schema: answer ? reference(answer) : { type: "object" } } },
  };
  return {
    operationId: name,
    summary: about,
    ...(role !== null && { security: [{ token: [role] }], "x-role": role }),
    parameters: [
      ...parameters("path", endpoint.parameters),
      ...parameters("query", endpoint.query),
      ...parameters("header", { ...endpoint.headers, ...(needsAdminKey && { "x-admin-key": adminKey }) }),
    ],
    ...(body && {
      requestBody: { required: true, content: { "application/json": { schema: reference(body) } } },
    }),
    responses: {
      200: good,
      ...(answersBefore && { 202: { ...good, description: "Begun" } }),
      ...failures([...problems, ...ofAll, ...(role === null ? [] : ofTokens)]),
      ...(answersUnhealthy && { 503: { ...good, description: "Not healthy" } }),
    },
  };
}

function parameters(place: "path" | "query" | "header", of: Endpoint["parameters"] = {}): readonly Json[] {
  return Object.entries(of).map(([name, { schema, about, isRequired }]) => ({
    name,
    in: place,
    required: place === "path" || isRequired === true,
    description: about,
    schema: withoutIds(z.toJSONSchema(schema, { target: "openapi-3.0", io: "input" })),
  }));
}

/** One answer for each status, with the codes that it may have. */
function failures(codes: readonly ProblemCode[]): Json {
  const responses: Record<string, Json> = {};
  for (const code of new Set(codes)) {
    const { status, title } = problemCatalogue[code];
    const before = responses[status]?.description;
    responses[status] = {
      description: before === undefined ? `${code}: ${title}` : `${before}; ${code}: ${title}`,
      content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
    };
  }
  return responses;
}

function reference(schema: z.ZodType, id = nameOf(schema)): Json {
  return { $ref: `#/components/schemas/${id}` };
}

function nameOf(schema: z.ZodType): string {
  const found = Object.entries(namedSchemas).find(([, one]) => one === schema);
  if (found === undefined) throw new Error("an endpoint has a schema without a name: add it to namedSchemas");
  return found[0];
}

/** OpenAPI 3.0 has no `$id` and `$schema`. */
function withoutIds(schema: object): Json {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== "$id" && key !== "$schema"));
}
