import type * as z from "zod";
import { checkInputs } from "./checkInputs.ts";
import type { LocalCommandInputs, RemoteCommandInputs } from "./inputs.ts";
import { resourceId } from "./resourceId.ts";
import type { ResourceKind } from "./resourceKind.ts";
import type { CommandOutputs } from "./transcript.ts";
import { unwrap } from "./unwrap.ts";

/** One run of one script of a command resource; rejects where it fails. */
export interface Run<Inputs> {
  urn: string;
  script: string;
  inputs: Inputs;
  /** What the run before this one wrote. */
  previous: CommandOutputs;
}

/** Both command resources live alike; `execute` says where their scripts run. */
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
