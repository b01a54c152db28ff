import * as provider from "@pulumi/pulumi/provider/index.js";
import { commandProvider } from "../../../../tools/provider/commandProvider.ts";
import { connectEngineLog } from "../../../../tools/provider/engine.ts";
import { resourceId } from "../../../../tools/provider/resource.ts";
import { hostFacts } from "../../../harness/ec2Answers.ts";
import { cloudVariable, fails, note } from "./awsCloud.ts";

/** The project's own `command` provider where no host answers: what runs on one succeeds, and says what it would say. */

const isRemote = (urn: string) => (urn.split("::")[2] ?? "").includes("command:remote:");

/** What a command prints on a host. */
function run(urn: string): { readonly stdout: string; readonly stderr: string } {
  const name = urn.split("::").at(-1) ?? "";
  const cloud = process.env[cloudVariable] ?? "";
  if (fails(cloud, name)) throw new Error(`${name}: the host does not answer`);
  note(cloud, `run ${name}`);
  return { stdout: name.endsWith("-facts") ? hostFacts(name.replace(/-facts$/, "")) : "", stderr: "" };
}

const args = process.argv.slice(2);
connectEngineLog(args);
await provider.main(
  {
    ...commandProvider,
    create: async (urn, inputs) =>
      isRemote(urn)
        ? { id: resourceId(urn.split("::").at(-1)), outs: { ...inputs, ...run(urn) } }
        : commandProvider.create?.(urn, inputs),
    update: async (id, urn, olds, news) =>
      isRemote(urn) ? { outs: { ...news, ...run(urn) } } : commandProvider.update?.(id, urn, olds, news),
    delete: async (id, urn, state) => (isRemote(urn) ? undefined : commandProvider.delete?.(id, urn, state)),
  } as provider.Provider,
  args,
);
