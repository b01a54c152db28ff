import { messageOf } from "../../base/failure.ts";
import { EgressPage } from "../../contract/egressPage.ts";
import { askPage, type Where } from "../daemon/http.ts";
import type { RuntimeClient } from "../haproxy/runtime.ts";
import { RouteProblem } from "../routes/problem.ts";
import type { HaproxyVerb } from "./verbs.ts";

const peerMs = 1000;
const validMs = 5000;

/** The daemon's requests to root's narrow door, one of a kind at a time. */
export interface Recovery {
  /** Restarts HAProxy. Rejects with a RouteProblem. */
  restart(): Promise<void>;
  /**
   * The same where HAProxy hangs: root looks again. Resolves to the reason why it is left as it is; null where it was
   * restarted.
   * @param orGiveUp whether this node becomes unfit for the virtual address where HAProxy hangs and root does not restart it
   */
  revive(orGiveUp: boolean): Promise<string | null>;
  /** Takes that back. Rejects with a RouteProblem. */
  bidAgain(): Promise<void>;
  /** Why the configuration on disk is not good; null where it is. Rejects with a RouteProblem where that is not known. */
  configProblem(): Promise<string | null>;
  /** Restarts that were asked for. */
  attempts(): number;
}

/** @param action socket of `hapair action`; each request starts a program */
export function openRecovery(action: RuntimeClient): Recovery {
  let attempts = 0;
  let restarting: Promise<void> | undefined;
  let reviving: Promise<string | null> | undefined;
  let validated: { readonly atMs: number; readonly problem: Promise<string | null> } | undefined;

  async function request(verb: HaproxyVerb): Promise<string> {
    try {
      return (await action.ask(verb)).trim();
    } catch (error) {
      throw new RouteProblem("timeout", `The agent's root door gives no answer (${messageOf(error)}).`);
    }
  }

  async function restart(): Promise<void> {
    attempts += 1;
    refuse(await request("recover"));
  }

  async function revive(orGiveUp: boolean): Promise<string | null> {
    attempts += 1;
    const answer = await request(orGiveUp ? "revive-or-give-up" : "revive");
    const [, reason = null] = /^spared: (.*)$/s.exec(answer) ?? [];
    if (reason === null) refuse(answer);
    return reason;
  }

  /** Throws the problem that an answer tells. */
  function refuse(answer: string): void {
    if (answer === "") return;
    const [, code, words] = /^(too-many): (.*)$/s.exec(answer) ?? [];
    throw new RouteProblem(code === "too-many" ? code : "refused", words ?? answer.replace(/^refused: /, ""));
  }

  return {
    restart: () => {
      restarting ??= restart().finally(() => {
        restarting = undefined;
      });
      return restarting;
    },
    revive: (orGiveUp) => {
      reviving ??= revive(orGiveUp).finally(() => {
        reviving = undefined;
      });
      return reviving;
    },
    bidAgain: async () => refuse(await request("bid-again")),
    configProblem: () => {
      const atMs = performance.now();
      if (validated === undefined || atMs - validated.atMs > validMs)
        validated = { atMs, problem: request("validate").then((answer) => answer || null) };
      return validated.problem;
    },
    attempts: () => attempts,
  };
}

/** Whether one of the pair's other nodes could take the clients: its HAProxy and keepalived serve, and it has not given the address up. */
export async function isAnyPeerFit(peers: readonly Where[]): Promise<boolean> {
  const fit = await Promise.all(
    peers.map((peer) =>
      askPage(peer, "/egress", EgressPage, peerMs).then(
        ({ haproxy, vip }) => haproxy.answers && vip.able && !vip.givenUp,
        () => false,
      ),
    ),
  );
  return fit.includes(true);
}
