import type { RoutesConfig } from "../../../contract/routesConfig.ts";
import { type RuntimeClient, RuntimeError } from "../../haproxy/runtime.ts";
import { closeEverywhere } from "../../haproxy/sessions.ts";
import { readAsRoot } from "../log/readAsRoot.ts";
import { knownAddress, replay } from "../log/replay.ts";
import { logFileIn } from "../log/routesLog.ts";
import { targetRules } from "../writer/targets.ts";
import { readRunning, type Step, stepsTo } from "./commands.ts";
import { numbersOf } from "./numbers.ts";
import { wantedBackends } from "./servers.ts";

/** haproxy's sockets, as an administrator. */
interface Administrator {
  readonly runtime: RuntimeClient;
  readonly master: RuntimeClient;
}

/**
 * Makes haproxy's servers those of the routes in this node's log, whose lines are checked. Rejects with the first Error; what
 * does not depend on it is done all the same.
 */
export async function balanceAsRoot(config: RoutesConfig, administrator: Administrator): Promise<void> {
  const found = replay(readAsRoot(logFileIn(config.folder)), config.pair);
  const { position, routes } = found.table;
  // A node without a table goes on with what it has.
  if (position === null) return;
  const addressOf = knownAddress(found, targetRules(config));
  const { authorities, drainS } = config.balanced;
  const wanted = wantedBackends(routes, numbersOf(routes, found.numbers), addressOf, authorities);
  const { runtime } = administrator;
  const running = await readRunning(runtime);
  const failures = new Map<string, unknown>();
  for (const step of stepsTo(wanted, running, drainS)) {
    // A server that is not checked, say, must not be enabled.
    if (failures.has(step.of)) continue;
    await take(step, administrator).catch((error: unknown) => failures.set(step.of, error));
  }
  for (const failure of failures.values()) throw failure;
}

async function take(step: Step, { runtime, master }: Administrator): Promise<void> {
  switch (step.do) {
    case "tell":
      return runtime.do(step.command);
    case "add": {
      const answer = (await runtime.ask(step.command)).trim();
      if (answer.startsWith("New server registered")) return;
      throw new RuntimeError("refused", `haproxy refuses "${step.command}": ${answer.slice(0, 200)}`);
    }
    case "delete":
      await runtime.ask(step.command);
      return;
    case "close":
      return closeEverywhere(step.server, [step.backend], { runtime, master });
  }
}
