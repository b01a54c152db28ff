import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startClient } from "../../../drills/clients/startClient.ts";
import { must } from "../../lab/hosts/onHost.ts";
import { nodes, target } from "./edgeLab.ts";
import type { RoutesLab } from "./routesLab.ts";

const configuration = "/etc/resolv.conf";

/** The name server of both nodes, on the application server. */
export interface NameServer {
  /** Has each of these names lead to an address, and all others to none. */
  serve(addresses: Readonly<Record<string, string>>): void;
  /** Ends it: nobody answers the nodes then. */
  end(): Promise<void>;
}

/** Starts it, and has both nodes ask it. */
export async function startNameServer({ lab, stack }: RoutesLab): Promise<NameServer> {
  const file = join(stack.home.folder, "names.json");
  const serve: NameServer["serve"] = (addresses) => writeFileSync(file, JSON.stringify(addresses));
  serve({});
  const program = join(import.meta.dirname, "nameServerProgram.ts");
  const child = startClient(lab, program, "", { words: [target.address, file] });
  const exit = once(child, "exit");
  const died = exit.then(() => {
    throw new Error(`no name server can listen on port 53 of ${target.address}`);
  });
  died.catch(() => undefined);
  await Promise.race([once(child.stdout, "data"), died]);
  for (const node of nodes)
    await must(lab, node, ["sh", "-c", `echo 'nameserver ${target.address}' > ${configuration}`]);
  const end = async () => {
    child.stdin.end();
    await exit;
  };
  return { serve, end };
}

/** The nodes have no name server again, as the machines of a lab. */
export async function withoutNameServer({ lab }: RoutesLab): Promise<void> {
  for (const node of nodes) await must(lab, node, ["sh", "-c", `: > ${configuration}`]);
}
