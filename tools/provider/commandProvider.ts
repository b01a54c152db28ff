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
 * Leaves the comparison of inputs to the engine, whose output is then as short as with the official plugin. The engine
 * sees changed triggers too, but not that triggers were added or removed as a whole.
 */
function diff(olds: Properties, news: Properties): DiffResult {
  const differs = "triggers" in olds !== "triggers" in news;
  return differs ? { changes: true, replaces: ["triggers"] } : {};
}

/**
 * Replaces the official plugin of `@pulumi/command` 1.2.1 on machines that cannot download it: the same inputs, outputs
 * and errors for local and remote commands and for copies. The tests in `test/engine` run against both.
 */
export const commandProvider: Provider = {
  // The engine accepts only the version that the SDK asks for.
  version: "1.2.1",
  check: async (urn, _olds, news) => ({ inputs: news, failures: kindOf(urn).check(news) }),
  diff: async (_id, _urn, olds, news) => diff(olds, news),
  create: async (urn, inputs) => kindOf(urn).create(urn, inputs),
  update: async (_id, urn, olds, news) => kindOf(urn).update(urn, olds, news),
  delete: async (_id, urn, state) => kindOf(urn).delete(urn, state),
  cancel: async () => cancelAll(),
};
