import type { CheckFailure } from "@pulumi/pulumi/provider/index.js";
import { specialSecretSig, specialSigKey, unknownValue } from "@pulumi/pulumi/runtime/rpc.js";
import type * as z from "zod";

/** True where a preview does not know the value at `path` yet, or not all of it. */
function isUnknownAt(value: unknown, path: readonly PropertyKey[]): boolean {
  if (value === unknownValue) return true;
  const [key, ...rest] = path;
  if (key === undefined || typeof value !== "object" || value === null) return false;
  return isUnknownAt(Reflect.get(value, key), rest);
}

/** Every input that the schema rejects, by its path. */
export function checkInputs(schema: z.ZodType, news: unknown): CheckFailure[] {
  const inputs = unwrap(news);
  const { error } = schema.safeParse(inputs);
  return (error?.issues ?? [])
    .filter((issue) => !isUnknownAt(inputs, issue.path))
    .map((issue) => ({ property: issue.path.join("."), reason: issue.message }));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The plain values within the engine's wire form: secrets bare, at any depth; assets stay tagged maps. */
export function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrap);
  if (!isObject(value)) return value;
  if (value[specialSigKey] === specialSecretSig) return unwrap(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrap(inner)]));
}
