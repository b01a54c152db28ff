import { randomBytes } from "node:crypto";
import type { CheckFailure } from "@pulumi/pulumi/provider/index.js";
import { specialSecretSig, specialSigKey, unknownValue } from "@pulumi/pulumi/runtime/rpc.js";
import type * as z from "zod";
import type { LocalCommandInputs, RemoteCommandInputs } from "./inputs.ts";
import type { CommandOutputs } from "./runOverSsh.ts";

/** One run of one script of a command resource; rejects where it fails. */
export interface Run<Inputs> {
  urn: string;
  script: string;
  inputs: Inputs;
  /** What the previous run wrote. */
  previous: CommandOutputs;
}

/** The life cycle of both command resources; `execute` runs their scripts. */
export function commandResource<Inputs extends LocalCommandInputs | RemoteCommandInputs>(
  schema: z.ZodType<Inputs>,
  execute: (run: Run<Inputs>) => Promise<CommandOutputs>,
): ResourceKind {
  return {
    check: (news) => checkInputs(schema, news),

    async create(urn, inputs) {
      const parsed = schema.parse(unwrap(inputs));
      const nothing = { stdout: "", stderr: "" };
      const outputs =
        parsed.create === undefined
          ? nothing
          : await execute({ urn, script: parsed.create, inputs: parsed, previous: nothing });
      return { id: resourceId(urn.split("::").at(-1)), outs: { ...inputs, ...outputs } };
    },

    async update(urn, olds, news) {
      const parsed = schema.parse(unwrap(news));
      const script = parsed.update ?? parsed.create;
      const kept = { stdout: olds.stdout, stderr: olds.stderr };
      const outputs =
        script === undefined
          ? kept
          : await execute({ urn, script, inputs: parsed, previous: previousOutputs(olds) });
      return { outs: { ...news, ...outputs } };
    },

    async delete(urn, state) {
      const { stdout: _stdout, stderr: _stderr, ...inputs } = state;
      const parsed = schema.parse(unwrap(inputs));
      if (parsed.delete === undefined) return;
      await execute({ urn, script: parsed.delete, inputs: parsed, previous: previousOutputs(state) });
    },
  };
}

function previousOutputs(state: Record<string, unknown>): CommandOutputs {
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return { stdout: text(unwrap(state.stdout)), stderr: text(unwrap(state.stderr)) };
}

/** The variables with the output of the previous run; without output, a variable stays unset. */
export function previousOutput(
  { addPreviousOutputInEnv = true }: { addPreviousOutputInEnv?: boolean | undefined },
  previous: CommandOutputs,
): Record<string, string> {
  if (!addPreviousOutputInEnv) return {};
  return {
    ...(previous.stdout && { PULUMI_COMMAND_STDOUT: previous.stdout }),
    ...(previous.stderr && { PULUMI_COMMAND_STDERR: previous.stderr }),
  };
}

/** @returns `prefix` and eight random hexadecimal digits */
export const resourceId = (prefix = ""): string => prefix + randomBytes(4).toString("hex");

/** A resource's properties in the engine's wire form: secrets and assets are tagged maps. */
export type Properties = Record<string, unknown>;

/** What the provider does with one type of resource; its outputs include the unchanged inputs. */
export interface ResourceKind {
  check(news: Properties): CheckFailure[];
  create(urn: string, inputs: Properties): Promise<{ id: string; outs: Properties }>;
  update(urn: string, olds: Properties, news: Properties): Promise<{ outs: Properties }>;
  delete(urn: string, state: Properties): Promise<void>;
}

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
