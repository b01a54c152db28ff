import { Failure, messageOf } from "../../../base/failure.ts";
import { onHostMs } from "../../../components/HostDelivery.ts";
import { connectionsOf } from "../../../components/machines/hosts/connections.ts";
import { giveBackCommand } from "../../../components/machines/hosts/ExistingHosts.ts";
import type { Connection } from "../../../contract/stackOutputs.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { splitSecrets } from "../../../topology/secrets/givenSecrets.ts";
import { plainConfig } from "../../config/stackConfig.ts";
import { exportedDeployment, loginsIn } from "../../engine/deployment.ts";
import { hostsToGiveBack } from "../../engine/hostResources.ts";
import { runOnHost } from "../../hosts/ask.ts";
import { announceIfSlow } from "../../session/output.ts";
import type { MadeStack } from "../target.ts";

type Logins = Readonly<Record<string, Connection>>;

/**
 * Gives every host of a stack's state back, all at once, unless it is left out.
 * @throws Failure that names each host that is not given back; the stack stays then
 */
export async function giveBack(stack: MadeStack): Promise<void> {
  const hosts = hostsToGiveBack(stack.resources);
  const left = hosts.filter((name) => stack.without.includes(name));
  for (const name of left) console.error(`${stack.name}: ${name} is left as it is`);
  const rest = hosts.filter((name) => !left.includes(name));
  if (rest.length === 0) return;
  const logins = await loginsOf(stack);
  const results = await Promise.all(
    rest.map(async (name) => ({ name, trouble: await giveOneBack(stack.name, name, logins[name]) })),
  );
  const kept = results.filter(({ trouble }) => trouble !== undefined);
  if (kept.length === 0) return;
  const names = kept.map(({ name }) => name).join(" ");
  throw new Failure(
    `${kept.map(({ name, trouble }) => `${name} is not given back: ${trouble}`).join("\n")}\nRun this again once that is mended. To leave a host as it is for ever: npm run destroy -- ${stack.name} --without ${names}`,
  );
}

/** @returns why the host is not given back; undefined where it is */
export async function giveOneBack(
  stack: string,
  name: string,
  connection: Connection | undefined,
): Promise<string | undefined> {
  if (connection === undefined)
    return "neither the stack's state nor its config has its login: run sudo hapair give-back on it, then leave it out here";
  try {
    console.error(`${stack}: giving ${name} back`);
    const asked = runOnHost(connection, giveBackCommand, onHostMs);
    const { failure, stdout, stderr } = await announceIfSlow(`waiting for ${name}`, asked);
    return failure && (stderr.trim() || stdout.trim() || failure);
  } catch (error) {
    return messageOf(error);
  }
}

/** As the stack's state has them; those of its config where that cannot be decrypted. */
async function loginsOf(stack: MadeStack): Promise<Logins> {
  try {
    return loginsIn(await exportedDeployment(stack.home, stack.name));
  } catch (error) {
    console.error(`${stack.name}: the logins are taken from its config: ${messageOf(error)}`);
  }
  try {
    return loginsOfConfig(stack);
  } catch (error) {
    console.error(`${stack.name}: its config has no logins either: ${messageOf(error)}`);
    return {};
  }
}

function loginsOfConfig({ configFile }: MadeStack): Logins {
  const topology = parseTopology(splitSecrets(plainConfig(configFile())).config);
  const { target } = topology;
  if (target.kind !== "hosts") throw new Failure(`its target is ${target.kind} now: restore its config`);
  return connectionsOf(target, hostsOf(topology));
}
