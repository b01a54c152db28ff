import * as provider from "@pulumi/pulumi/provider/index.js";
import { commandProvider } from "../../../../tools/provider/commandProvider.ts";
import { connectEngineLog } from "../../../../tools/provider/engine.ts";
import { hostFacts } from "../../../harness/ec2Answers.ts";

/** The project's own `command` provider where no host answers: what runs on one succeeds, and says what it would say. */

const isRemote = (urn: string) => (urn.split("::")[2] ?? "").includes("command:remote:");

function printed(urn: string): string {
  const name = urn.split("::").at(-1) ?? "";
  return name.endsWith("-facts") ? hostFacts(name.replace(/-facts$/, "")) : "";
}

const args = process.argv.slice(2);
connectEngineLog(args);
await provider.main(
  {
    ...commandProvider,
    create: async (urn, inputs) =>
      isRemote(urn)
        ? { id: urn.split("::").at(-1) ?? urn, outs: { ...inputs, stdout: printed(urn), stderr: "" } }
        : commandProvider.create?.(urn, inputs),
    update: async (id, urn, olds, news) =>
      isRemote(urn)
        ? { outs: { ...news, stdout: printed(urn), stderr: "" } }
        : commandProvider.update?.(id, urn, olds, news),
    delete: async (id, urn, state) => (isRemote(urn) ? undefined : commandProvider.delete?.(id, urn, state)),
  } as provider.Provider,
  args,
);
