import type { Topology } from "../topology.ts";
import { type Reading, readSecret, together, unusedSecrets } from "./secretText.ts";

const key = "updates";
const owner = `pair with edge.updates (${key}.PAIR.apiKey)`;

/** The keys of the services that name nodes, by pair. A person sets each: the service has made it. */
export function readUpdateKeys(
  { pairs }: Topology,
  given: unknown,
): Reading<Readonly<Record<string, string>>> {
  const paths = pairs.flatMap(({ name, edge }) => (edge?.updates ? [[key, name, "apiKey"]] : []));
  const { value, problems } = together(paths.map((path) => [path[1] ?? "", readKey(given, path)]));
  const known = paths.map((path) => path.join("."));
  return { value, problems: [...problems, ...unusedSecrets(given, key, known, owner)] };
}

/** It is part of a header (RFC 9110, 5.5). */
function readKey(given: unknown, path: readonly string[]): Reading<string> {
  const reading = readSecret(given, path);
  if (reading.problems.length > 0 || /^[\x21-\x7e]{1,4000}$/.test(reading.value)) return reading;
  const name = path.join(".");
  const fault = "expected 1 to 4000 printable characters without spaces";
  return {
    value: "",
    problems: [`${name}: ${fault}: npm run pulumi -- config set --secret --path 'hapair:${name}'`],
  };
}
