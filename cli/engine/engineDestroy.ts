import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { Failure } from "../../base/failure.ts";
import { inOrder } from "../session/signals.ts";
import { engineFailure } from "./passphrase.ts";
import { engineProgress } from "./progress.ts";

/**
 * Removes everything of a stack that the engine has made. The program is not run: the state says what there is.
 * @param remedy what to do where resources are protected, as the end of a sentence
 * @throws Failure where one is, before anything is removed; else with the engine's reason
 */
export async function engineDestroy(stack: Stack, remedy: string): Promise<void> {
  const { deployment } = await stack.exportStack();
  const resources: readonly { readonly urn: string; readonly protect?: boolean }[] =
    deployment?.resources ?? [];
  const kept = resources.filter(({ protect }) => protect).map(({ urn }) => urn.split("::").at(-1));
  if (kept.length > 0) throw new Failure(`${kept.join(", ")}: protected, so nothing is removed: ${remedy}`);
  const progress = engineProgress(`${stack.name}: destroy`);
  try {
    await inOrder((signal) => stack.destroy({ signal, onEvent: progress.onEvent }));
  } catch (error) {
    throw engineFailure(error, stack);
  } finally {
    progress.end();
  }
}
