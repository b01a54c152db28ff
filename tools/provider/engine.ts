import { setMaxListeners } from "node:events";
import engine from "@pulumi/pulumi/proto/engine_pb.js";
import * as settings from "@pulumi/pulumi/runtime/settings.js";

/** @param args the provider's command line; its one plain argument is the engine's address */
export function connectEngineLog(args: string[]): void {
  const address = args.find((arg) => /^[^-].*:\d+$/.test(arg));
  if (address) settings.resetOptions("", "", 1, address, "", false, "");
}

/** Shows one line as the passing status of a resource; a line that cannot be delivered is dropped. */
export function logStatus(urn: string, message: string): Promise<void> {
  const client = settings.getEngine();
  if (!client) return Promise.resolve();
  const request = new engine.LogRequest();
  request.setSeverity(engine.LogSeverity.INFO);
  request.setMessage(message);
  request.setUrn(urn);
  request.setEphemeral(true);
  return new Promise((resolve) => client.log(request, () => resolve()));
}

const controller = new AbortController();
// One listener per running command: a stack may run more than ten, at which Node warns of a leak.
setMaxListeners(0, controller.signal);

/** Aborted when the engine cancels the deployment: running commands end, waiting dials stop. */
export const cancellation: AbortSignal = controller.signal;

export function cancelAll(): void {
  controller.abort();
}
