import { agentUnit } from "../../contract/agentConfig.ts";
import { cut, heal } from "../../lab/faults/cut.ts";
import { kill } from "../../lab/faults/power.ts";
import { exec } from "../../lab/machine/exec.ts";
import { routesStateName } from "../../render/paths.ts";
import { targetUrl } from "../clients/routes/target.ts";
import { mainPid, run } from "../machine.ts";
import { agent, change, listOn } from "../observe/routes.ts";
import { watchEdge } from "../observe/watchEdge.ts";
import { postgresOf } from "../pair.ts";
import { nowMs, waitUntil } from "../time.ts";
import { edgeKind, judgeWriter, writing } from "./edge.ts";
import { otherNode, type Preparation, type Round } from "./kind.ts";
import { boot } from "./machines.ts";

/** Failures that part routes from their database, from the other node, or from the disk. */

/** Changes that are made before and after the failure; and how long they may take. */
const some = 20;
const madeWithinMs = 20_000;
/** "Circuit is open" is answered within this time, ms. */
const atOnceMs = 500;
/** A database or disk that has gone is noticed within this time, ms. */
const noticedWithinMs = 15_000;

/** No request fails. An answer may be late: machines boot, and agents start, on the cores of this host. */
const unnoticed = { promptMs: 1000, variants: 1 } as const;

const partedMs = 5000;
const bothHoldWithinMs = 5000;
/** The effects of a repair show within this time: the holder's gratuitous ARP comes every second. */
const afterMs = 1500;

export const routePartition = edgeKind({
  description:
    "the holder, then the other node, is cut off from all other machines for five seconds while clients change routes",
  variants: 2,
  play: async (round) => {
    const { pair, index, holder, watch, restore, signal, served, elapsed, repaired, fault, healthy } = round;
    const parted = index % 2 === 0 ? holder : otherNode(round);
    const pids = () => Promise.all(pair.nodes.map((node) => mainPid(pair.lab, node, "haproxy")));
    const before = await pids();
    const edges = pair.nodes.map((node) => watchEdge(pair, node));
    for (const edge of edges) restore(async () => void (await edge.stop()));
    const writer = writing(round);
    await writer.more(some, madeWithinMs, signal);
    restore(() => heal(pair.lab, parted));
    cut(pair.lab, parted, { how: "port" });
    const begunMs = nowMs();
    const onlyOne = () => (watch.holders().length < 2 ? "one side does not hold the address" : undefined);
    await waitUntil(onlyOne, bothHoldWithinMs, signal);
    await served(nowMs());
    await writer.more(some, madeWithinMs, signal);
    await untilNotWaitedFor(round, parted);
    await refusesChanges(round, parted);
    await elapsed(begunMs, partedMs);
    if (onlyOne() !== undefined) fault("one side had given the address up before the repair");
    for (const { label, number } of writer.written.filter(
      ({ atMs, tookMs, appliedOn }) => atMs - tookMs > begunMs && appliedOn?.includes(parted),
    ))
      fault(`a change is said to be on ${parted}, which was cut off: ${label}, number ${number}`);
    heal(pair.lab, parted);
    repaired();
    await elapsed(nowMs(), afterMs);
    await served(nowMs());
    await healthy();
    await judgeWriter(round, writer);
    const [one, ...others] = await Promise.all(pair.nodes.map((node) => listOn(pair, node)));
    if (others.some((other) => other !== one)) fault("the nodes have different routes after the repair");
    for (const edge of edges) for (const silent of await edge.stop()) fault(silent);
    if ((await pids()).join() !== before.join()) fault("HAProxy was restarted, which had not failed");
  },
});

/** A node that is known to be away is named as pending, and not waited for. */
async function untilNotWaitedFor({ pair, signal }: Round, parted: string): Promise<void> {
  const problem = async () => {
    const { appliedOn, tookMs, words } = await change(pair, "parted");
    if (words !== undefined) return words;
    if (appliedOn.includes(parted)) return `${parted} is cut off and said to have a change`;
    return tookMs < atOnceMs ? undefined : `a change took ${tookMs} ms without ${parted}`;
  };
  await waitUntil(problem, noticedWithinMs, signal);
}

/** A node without the database makes no change of its own. */
async function refusesChanges({ pair, fault }: Round, node: string): Promise<void> {
  const add = ["hapair", "route", "add", "apart", targetUrl(pair), "--agent", agent];
  const { exitCode, stdout } = await exec(pair.lab, node, ["timeout", "10", ...add]);
  if (exitCode === 0) fault(`${node} made a change without the database: ${stdout.trim()}`);
}

/** Waits until a change is refused because the circuit is open. */
async function untilRefused({ pair, signal }: Round): Promise<void> {
  const problem = async () => {
    const { code } = await change(pair, "refused");
    return code === "circuit-open"
      ? undefined
      : `a change is told ${code ?? "made"}, not that the circuit is open`;
  };
  await waitUntil(problem, noticedWithinMs, signal);
}

export const routeDatabaseDown = edgeKind({
  description: "power cut of the machine with the database of the routes, which comes back",
  ...unnoticed,
  play: async (round) => {
    const { pair, restore, signal, served, fault, healthy } = round;
    const machine = postgresOf(pair);
    const writer = writing(round);
    await writer.more(some, madeWithinMs, signal);
    restore(() => boot(pair.lab, machine));
    kill(pair.lab, machine);
    await untilRefused(round);
    for (let count = 0; count < 5; count += 1) {
      const { code, tookMs } = await change(pair, "refused");
      if (code !== "circuit-open" || tookMs > atOnceMs)
        fault(`a change without the database was told ${code ?? "made"} after ${tookMs.toFixed(0)} ms`);
    }
    await boot(pair.lab, machine);
    await healthy();
    await served(nowMs());
    await writer.more(some, madeWithinMs, signal);
    await judgeWriter(round, writer);
  },
});

const folder = `/var/lib/${routesStateName}`;
/** Puts the node's log on a small disk of its own. */
const smallDisk = `set -e
systemctl stop ${agentUnit}
old=$(mktemp -d)
cp -a ${folder}/. "$old"
mount -t tmpfs -o "size=1m,$(stat -c mode=%a,uid=%u,gid=%g ${folder})" hapair-drill ${folder}
cp -a "$old"/. ${folder}
rm -rf "$old"
systemctl start ${agentUnit}`;
/** Its log of before lacks what has changed meanwhile: that comes from the database. */
const ownDisk = `systemctl stop ${agentUnit}
umount ${folder}
systemctl start ${agentUnit}`;
const fill = `! dd if=/dev/zero of=${folder}/full bs=4k 2>/dev/null`;

const sh = ({ pair, holder }: Preparation, script: string) => run(pair.lab, holder, ["sh", "-c", script]);

export const routeDiskFull = edgeKind({
  description: "the disk with the holder's log of routes is full, and has room again",
  ...unnoticed,
  sqlBeside: true,
  prepare: async (preparation) => {
    preparation.restore(async () => {
      await sh(preparation, ownDisk);
      await preparation.healthy();
    });
    await sh(preparation, smallDisk);
    await preparation.healthy();
    return preparation.holder;
  },
  play: async (round) => {
    const { signal, served, healthy } = round;
    const writer = writing(round);
    await writer.more(some, madeWithinMs, signal);
    await sh(round, fill);
    await untilRefused(round);
    await served(nowMs());
    await sh(round, `rm ${folder}/full`);
    await healthy();
    await writer.more(some, madeWithinMs, signal);
    await judgeWriter(round, writer);
  },
});
