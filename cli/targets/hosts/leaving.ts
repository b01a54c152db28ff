import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { Failure } from "../../../base/failure.ts";
import { loginsIn, withoutResources } from "../../engine/deployment.ts";
import { resourcesOf, withoutHint } from "../../engine/hostResources.ts";
import { engineFailure } from "../../engine/passphrase.ts";
import { type StackResource, stackResources } from "../../engine/stackState.ts";
import { type Asked, askMachines } from "./ask.ts";
import { giveOneBack } from "./giveBack.ts";

/** Hosts of a stack's state that its config does not have any more. */
export interface Leaving {
  /** What each of them answers. */
  readonly asked: readonly Asked[];
  /**
   * Gives those back that no other host may meet, and lets the state forget them, and those that stay as they are. The
   * engine gives the others back once nothing uses them.
   * @param machines of the hosts that the config has, as their facts name them
   */
  leave(machines: readonly string[]): Promise<void>;
}

/** @param without names of those that stay as they are and are forgotten */
export async function askLeaving(
  stack: Stack,
  leaving: readonly string[],
  without: readonly string[],
): Promise<Leaving> {
  if (leaving.length === 0) return { asked: [], leave: async () => {} };
  const state = await stack.exportStack().catch((error) => {
    throw engineFailure(error, stack);
  });
  const logins = loginsIn(state.deployment);
  const resources = await stackResources({ exportStack: async () => state });
  const left = leaving.filter((name) => without.includes(name));
  const reached = leaving.filter((name) => !left.includes(name));
  const asked = await askMachines(reached, logins);
  return {
    asked,
    leave: async (machines) => {
      for (const name of left) console.error(`${stack.name}: ${name} is left as it is`);
      const first = firstToLeave(asked, resources, machines);
      const results = await Promise.all(
        first.map(async (name) => ({ name, trouble: await giveOneBack(stack.name, name, logins[name]) })),
      );
      const given = results.filter(({ trouble }) => trouble === undefined).map(({ name }) => name);
      const deployment = withoutResources(state.deployment, [...left, ...given].flatMap(resourcesOf));
      if (left.length + given.length > 0) await stack.importStack({ ...state, deployment });
      const kept = results.filter(({ trouble }) => trouble !== undefined);
      if (kept.length > 0)
        throw new Failure(
          `${kept.map(({ name, trouble }) => `${name} has left the config and is not given back: ${trouble}`).join("\n")}\n${withoutHint(
            stack.name,
            kept.map(({ name }) => name),
          )}`,
        );
    },
  };
}

/**
 * A node that its peers do not know any more would take the virtual address beside them. A machine that has another
 * name now would be given back after its new bundle.
 */
export function firstToLeave(
  asked: readonly Asked[],
  resources: readonly Pick<StackResource, "name">[],
  machines: readonly string[],
): readonly string[] {
  const isNode = (host: string) => resources.some(({ name }) => name === `${host}-apply`);
  return asked
    .filter((one) => isNode(one.host) || ("answer" in one && machines.includes(one.answer.machine)))
    .map(({ host }) => host);
}
