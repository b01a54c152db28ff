import type { DiffResult, Provider } from "@pulumi/pulumi/provider/index.js";
import { copyToRemote } from "./copyToRemote.ts";
import { cancelAll } from "./engine.ts";
import { localCommand } from "./localCommand.ts";
import { remoteCommand } from "./remoteCommand.ts";
import type { Properties, ResourceKind } from "./resource.ts";

const kinds: Record<string, ResourceKind> = {
  "command:local:Command": localCommand,
  "command:remote:Command": remoteCommand,
  "command:remote:CopyToRemote": copyToRemote,
};

function kindOf(urn: string): ResourceKind {
  const type = urn.split("::")[2]?.split("$").at(-1) ?? urn;
  const kind = kinds[type];
  if (!kind) {
    throw new Error(
      `${type}: this provider knows only ${Object.keys(kinds).join(", ")}; ` +
        "install the official one: pulumi plugin install resource command 1.2.1",
    );
  }
  return kind;
}

/**
 * The engine compares the inputs itself, which prints as tersely as the official plugin does. It takes care of
 * changed triggers too, except where there were none before, or are none any more.
 */
function diff(olds: Properties, news: Properties): DiffResult {
  const differs = "triggers" in olds !== "triggers" in news;
  return differs ? { changes: true, replaces: ["triggers"] } : {};
}

/**
 * Stands in for the official plugin of `@pulumi/command` 1.2.1 on machines that cannot download it: the same inputs,
 * outputs and errors for local and remote commands and for copies, under the contract that `test/engine` puts to both.
 */
export const commandProvider: Provider = {
  // The version that the SDK asks for: the engine refuses any other.
  version: "1.2.1",
  check: async (urn, _olds, news) => ({ inputs: news, failures: kindOf(urn).check(news) }),
  diff: async (_id, _urn, olds, news) => diff(olds, news),
  create: async (urn, inputs) => kindOf(urn).create(urn, inputs),
  update: async (_id, urn, olds, news) => kindOf(urn).update(urn, olds, news),
  delete: async (_id, urn, state) => kindOf(urn).delete(urn, state),
  cancel: async () => cancelAll(),
};
