import type { Change, Transaction, TransactionResult } from "../../../contract/routes/change.ts";
import type { RoutesConfig } from "../../../contract/routesConfig.ts";
import { inTurns } from "../inTurns.ts";
import type { RouteNode } from "../node.ts";
import { RouteProblem } from "../problem.ts";
import type { RouteStore } from "../store/store.ts";
import { type AddressesOf, checkTargets } from "./checkTargets.ts";
import { type Circuit, openCircuit } from "./circuit.ts";
import { differences, preview } from "./differences.ts";
import { openBalancedLimit } from "./limitBalanced.ts";
import { awayProblem, lateProblem, problemOf, rehearsedProblem, targetField } from "./problems.ts";
import { takeBack } from "./takeBack.ts";
import { targetRules } from "./targets.ts";
import { validated } from "./validate.ts";
import { type ServedOn, servedOn } from "./waitForNodes.ts";

export interface Asker {
  readonly who: string;
  /** The same key of the same asker within a day is the same request: it is made once. */
  readonly idempotencyKey?: string;
}

export interface RouteWriter {
  /** Rejects with a RouteProblem. */
  write(transaction: Transaction, asker: Asker): Promise<TransactionResult>;
  circuit(): Circuit;
}

type Setting = "peers" | "domains" | "require" | "peerDeadlineMs" | "breaker";
type WriterConfig = Pick<RoutesConfig, Setting> & Parameters<typeof targetRules>[0];

interface Surroundings {
  readonly node: Pick<
    RouteNode,
    "name" | "table" | "begun" | "rehearse" | "appliedUpTo" | "peerUpTo" | "problem" | "probe"
  >;
  readonly store: Pick<RouteStore, "commit" | "isFollowing">;
  readonly addressesOf: AddressesOf;
  /** The circuit opens. */
  readonly onOpen: () => void;
}

/** This node serves a change within milliseconds; after so many something is wrong with it. */
const ownDeadlineMs = 5000;
/** Targets that are probed at once. */
const probesAtOnce = 32;

/**
 * The one way of every change: checked, tried in HAProxy, committed, and waited for until the nodes serve it. What HAProxy
 * refuses all the same, or what does not answer its probe then, is taken back.
 */
export function openWriter(
  config: WriterConfig,
  { node, store, addressesOf, onOpen }: Surroundings,
): RouteWriter {
  const rules = targetRules(config);
  const circuit = openCircuit(config.breaker, onOpen);
  const limitBalanced = openBalancedLimit();

  /** What the node itself knows to be wrong, no caller has to find out by waiting. */
  function holdWhatIsKnown(): void {
    const known = node.problem();
    circuit.hold(known.haproxy ?? known.store);
  }

  async function rehearse(changes: readonly Change[]): Promise<void> {
    const routes = changes.flatMap((change) => (change.do === "put" ? [change.route] : []));
    const words = routes.length > 0 ? await node.rehearse(routes) : null;
    if (words !== null) throw rehearsedProblem(node.name, words);
  }

  function probeAll(changes: readonly Change[]): Promise<void> {
    return inTurns(changes.entries(), probesAtOnce, async ([place, change]) => {
      const why = change.do === "put" ? await node.probe(change.route) : null;
      if (why !== null) throw new RouteProblem("probe-failed", why, targetField(place, change));
    });
  }

  async function make(
    changes: readonly Change[],
    { ifVersion, probe }: Transaction,
    { who, idempotencyKey }: Asker,
  ): Promise<TransactionResult> {
    const away = config.peers.filter((peer) => !store.isFollowing(peer));
    if (config.require === "all" && away.length > 0) throw awayProblem(away);
    await rehearse(changes);
    if (probe) await probeAll(changes);
    const { version, before } = await store.commit({ changes, who, ifVersion, idempotencyKey });
    const back = async (why: unknown): Promise<never> => {
      throw await takeBack({ changes, before, version, who, idempotencyKey }, why, { node, store, served });
    };
    const found = await served(version).catch(back);
    const isLate = found.pendingOn.some((name) => name === node.name || config.require === "all");
    if (isLate) throw lateProblem({ version, ...found }, node.name, node.problem().haproxy);
    if (probe) await probeAll(changes).catch(back);
    return { version, ...found, changes: differences(changes, before) };
  }

  function served(version: number): Promise<ServedOn> {
    const waits = { ownMs: ownDeadlineMs, peerMs: config.peerDeadlineMs };
    return servedOn(version, { node, store, peers: config.peers, ...waits });
  }

  async function dryRun(
    changes: readonly Change[],
    { ifVersion, probe }: Transaction,
  ): Promise<TransactionResult> {
    const table = node.table();
    const result = preview(changes, ifVersion, table);
    await rehearse(changes);
    if (probe) await probeAll(changes);
    return { version: table.version, appliedOn: [], pendingOn: [], changes: result };
  }

  async function checkedWrite(
    changes: readonly Change[],
    transaction: Transaction,
    asker: Asker,
  ): Promise<TransactionResult> {
    await checkTargets(changes, rules, addressesOf);
    const told = (error: unknown): never => {
      throw problemOf(error, changes);
    };
    if (transaction.dryRun) return dryRun(changes, transaction).catch(told);
    await node.begun();
    holdWhatIsKnown();
    return circuit.run(() => make(changes, transaction, asker).catch(told));
  }

  return {
    write: async (transaction, asker) => {
      const changes = validated(transaction.changes, config.domains);
      const giveBack = limitBalanced(changes, node.table().routes);
      try {
        return await checkedWrite(changes, transaction, asker);
      } finally {
        giveBack();
      }
    },
    circuit: () => {
      holdWhatIsKnown();
      return circuit.show();
    },
  };
}
