import { Failure, messageOf } from "../../../base/failure.ts";
import { connectionsOf } from "../../../components/machines/hosts/connections.ts";
import { giveBackCommand } from "../../../components/machines/hosts/ExistingHosts.ts";
import type { Connection } from "../../../contract/stackOutputs.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { splitSecrets } from "../../../topology/secrets/givenSecrets.ts";
import { plainConfig } from "../../config/stackConfig.ts";
import { outputsOf } from "../../engine/outputs.ts";
import { runOnHost } from "../../hosts/ask.ts";
import { announceIfSlow } from "../../session/output.ts";
import type { MadeStack } from "../target.ts";

/** Stopping daemons in order takes a while. */
const answerMs = 180_000;

/**
 * Gives every host of a stack back, all at once, unless it is left out.
 * @throws Failure that names each host that is not given back; the stack stays then
 */
export async function giveBack(stack: MadeStack): Promise<void> {
  if (!stack.resources.some(({ type }) => type === "hapair:index:ExistingHosts")) return;
  const logins = await loginsOf(stack);
  const left = Object.keys(logins).filter((name) => stack.without.includes(name));
  for (const name of left) console.error(`${stack.name}: ${name} is left as it is`);
  const results = await Promise.all(
    Object.entries(logins)
      .filter(([name]) => !left.includes(name))
      .map(async ([name, connection]) => ({ name, trouble: await giveOneBack(stack, name, connection) })),
  );
  const kept = results.flatMap(({ name, trouble }) => (trouble === undefined ? [] : [{ name, trouble }]));
  if (kept.length === 0) return;
  const names = kept.map(({ name }) => name).join(" ");
  throw new Failure(
    `${kept.map(({ name, trouble }) => `${name} is not given back: ${trouble}`).join("\n")}\nRun this again once that is mended. To leave a host as it is for ever: npm run destroy -- ${stack.name} --without ${names}`,
  );
}

async function giveOneBack(
  { name: stack }: MadeStack,
  name: string,
  connection: Connection,
): Promise<string | undefined> {
  try {
    console.error(`${stack}: giving ${name} back`);
    const asked = runOnHost(connection, giveBackCommand, answerMs);
    const { failure, stdout, stderr } = await announceIfSlow(`waiting for ${name}`, asked);
    return failure && (stderr.trim() || stdout.trim() || failure);
  } catch (error) {
    return messageOf(error);
  }
}

/** As the stack's outputs have them; those of its config where a first roll-out was interrupted before it had any. */
async function loginsOf({
  name,
  home,
  configFile,
}: MadeStack): Promise<Readonly<Record<string, Connection>>> {
  try {
    return (await outputsOf(home, name)).ssh;
  } catch (error) {
    console.error(`${name}: the logins are taken from its config: ${messageOf(error)}`);
  }
  const topology = parseTopology(splitSecrets(plainConfig(configFile())).config);
  const { target } = topology;
  if (target.kind !== "hosts")
    throw new Failure(
      `${name}: its target is now ${target.kind}, so the logins of its hosts are not known: restore its config`,
    );
  return connectionsOf(target, hostsOf(topology));
}
