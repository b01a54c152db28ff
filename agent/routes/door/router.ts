import { type Endpoint, type EndpointName, endpoints } from "../../../contract/routes/api.ts";

/** What a path and a method lead to. */
export type Found =
  | {
      readonly kind: "endpoint";
      readonly name: EndpointName;
      readonly parameters: Readonly<Record<string, string>>;
    }
  /** The path is known and takes these methods only. */
  | { readonly kind: "other methods"; readonly allowed: readonly string[] }
  | { readonly kind: "nothing" };

const table = (Object.entries(endpoints) as readonly (readonly [EndpointName, Endpoint])[]).map(
  ([name, { method, path }]) => ({ name, method, segments: path.split("/") }),
);

/** @param path as in the request line, without its query */
export function findEndpoint(method: string, path: string): Found {
  const segments = path.split("/").map(decoded);
  const here = table.flatMap((entry) => {
    const parameters = matched(entry.segments, segments);
    return parameters === undefined ? [] : [{ ...entry, parameters }];
  });
  const wanted = method === "HEAD" ? "GET" : method;
  const one = here.find((entry) => entry.method === wanted);
  if (one !== undefined) return { kind: "endpoint", name: one.name, parameters: one.parameters };
  return here.length === 0
    ? { kind: "nothing" }
    : { kind: "other methods", allowed: here.map((entry) => entry.method) };
}

function matched(
  pattern: readonly string[],
  segments: readonly (string | undefined)[],
): Readonly<Record<string, string>> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [at, expected] of pattern.entries()) {
    const segment = segments[at];
    const name = /^\{(\w+)\}$/.exec(expected)?.[1];
    if (segment === undefined || (name === undefined ? segment !== expected : segment === ""))
      return undefined;
    if (name !== undefined) parameters[name] = segment;
  }
  return parameters;
}

/** Undefined where the percent-encoding is broken: such a path leads to nothing. */
function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
