import { setMaxListeners } from "node:events";

const controller = new AbortController();
// One listener per running command: a stack may well run more than Node's warning limit of ten.
setMaxListeners(0, controller.signal);

/** Aborted once the engine cancels the deployment: running commands end, waiting dials stop. */
export const cancellation: AbortSignal = controller.signal;

export function cancelAll(): void {
  controller.abort();
}
