import { specialSecretSig, specialSigKey } from "@pulumi/pulumi/runtime/rpc.js";

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The plain values within the engine's wire form: secrets bare, at any depth; assets stay tagged maps. */
export function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrap);
  if (!isObject(value)) return value;
  if (value[specialSigKey] === specialSecretSig) return unwrap(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrap(inner)]));
}
