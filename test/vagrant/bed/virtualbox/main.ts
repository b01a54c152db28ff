import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { readIfThere } from "../../../../base/files.ts";
import { takeLock } from "../../../../base/lock.ts";
import { hostAdapters, printed } from "./adapters.ts";
import {
  control,
  importMachine,
  modify,
  show,
  snapshot,
  start,
  unregisterMachine,
  type Verb,
} from "./machines.ts";
import { Refusal, unknown } from "./refusal.ts";
import { machinesFolder, readRegistry, writeRegistry } from "./store.ts";

/**
 * Plays VirtualBox's VBoxManage: `main.ts FOLDER ARGUMENT…`. A machine is a QEMU made of what Vagrant set, and nothing
 * else. Whatever it does not know, it refuses by name. Each call is added to `calls` in the folder, as JSON.
 */

const list: Verb = ({ folder, machines }, [what, ...rest]) => {
  if (rest.length > 0) throw unknown(`list ${what} ${rest.join(" ")}`);
  if (what === "bridgedifs") return hostAdapters(folder).map(printed).join("\n");
  if (what === "vms") return machines.map(({ name, uuid }) => `"${name}" {${uuid}}`).join("\n");
  if (what === "systemproperties") return `Default machine folder:          ${machinesFolder(folder)}`;
  // There are none.
  if (what === "hostonlyifs" || what === "dhcpservers") return "";
  throw unknown(`list ${what}`);
};

/** Guests have no additions, so no property that they would set. */
const guestProperty: Verb = (registry, [verb, id]) => {
  if (verb !== "get") throw unknown(`guestproperty ${verb}`);
  show(registry, [`${id}`, "--machinereadable"]);
  return "No value set!";
};

const version: Verb = ({ folder }) => {
  const played = join(folder, "version");
  return existsSync(played) ? readFileSync(played, "utf8").trim() : "7.0.20r163906";
};

const verbs: Readonly<Record<string, Verb>> = {
  "--version": version,
  list,
  import: importMachine,
  modifyvm: modify,
  showvminfo: show,
  startvm: start,
  controlvm: control,
  unregistervm: unregisterMachine,
  snapshot,
  guestproperty: guestProperty,
};

const [folder = "", verb = "", ...argv] = process.argv.slice(2);
appendFileSync(join(folder, "calls"), `${JSON.stringify([verb, ...argv])}\n`);
// A test makes an import take as long as that of a large disk.
const held = join(folder, "held");
while (readIfThere(held) === verb && argv[0] !== "-n") await setTimeout(50);
const onWait = () => process.stderr.write("another VBoxManage runs …\n");
const unlock = await takeLock(join(folder, "lock"), { quietS: 120, onWait });
try {
  const run = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (run === undefined) throw unknown(`the verb ${verb}`);
  const registry = readRegistry(folder);
  const text = await run(registry, argv);
  writeRegistry(registry);
  if (text !== "") console.log(text);
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(`VBoxManage: error: ${error.message}`);
  process.exitCode = 1;
} finally {
  unlock?.();
}
