import { startTarget } from "../clients/routes/target.ts";
import { startWriter, type Writer } from "../clients/routes/writer.ts";
import { run } from "../machine.ts";
import { agent, change, forgetRoutes, lostOn, routesOf } from "../observe/routes.ts";
import type { Kind, Preparation, Round } from "./kind.ts";

/** The label of `askedHost`. */
const asked = "steady";

/** A kind whose clients ask the edge for a host name; on new connections, unless the kind says otherwise. */
export function edgeKind(kind: Omit<Kind, "ask"> & Partial<Pick<Kind, "ask">>): Kind {
  return {
    ask: "route",
    needs: "edge",
    ...kind,
    prepare: async (preparation) => {
      const { pair, restore } = preparation;
      restore(await startTarget(pair));
      restore(() => forgetRoutes(pair));
      await makeAsked(preparation);
      return (await kind.prepare?.(preparation)) ?? preparation.holder;
    },
  };
}

/** Makes the route that the clients ask for. @throws Error where a node does not serve it */
export async function makeAsked({ pair }: Pick<Preparation, "pair">): Promise<void> {
  const { appliedOn, words } = await change(pair, asked);
  const away = pair.nodes.filter((node) => !appliedOn.includes(node));
  if (away.length > 0)
    throw new Error(`the clients' route is not on ${away.join(" and ")}: ${words ?? "made"}`);
}

export async function removeAsked({ pair }: Pick<Preparation, "pair">): Promise<void> {
  await routesOf(pair).removeHttpRoute(agent, asked);
}

/** Starts clients that change routes, until the end of the round at the latest. */
export function writing({ pair, restore }: Round): Writer {
  const writer = startWriter(pair);
  restore(() => writer.stop());
  return writer;
}

/** Ends the clients that change routes, and reports what a node does not serve of what was acknowledged. */
export async function judgeWriter({ pair, lost }: Round, writer: Writer): Promise<void> {
  await writer.stop();
  for (const node of pair.nodes) lost(await lostOn(pair, node, writer.acknowledged()));
}

/** Reports each change that was not acknowledged: the failure is none that a client may notice. */
export function allMade({ fault }: Round, writer: Writer): void {
  for (const words of writer.failed()) fault(`a change of routes was not made: ${words}`);
}

/** A reload that nobody has told hapair of, through haproxy's master. */
const masterReload = `const s = require("net").connect("/run/haproxy-master.sock"); s.pipe(process.stdout); s.end("reload\\n");`;

/** Reloads HAProxy without the commands of its unit: the new worker reads the map of the last start or reload by systemd. */
export async function reloadByMaster({ pair: { lab } }: Pick<Round, "pair">, node: string): Promise<void> {
  await run(lab, node, ["node", "-e", masterReload]);
}

/** The unit's own reload. */
export async function reload({ pair: { lab } }: Pick<Preparation, "pair">, node: string): Promise<void> {
  await run(lab, node, ["systemctl", "reload", "haproxy"]);
}
