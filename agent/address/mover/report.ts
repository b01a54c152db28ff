import type { VrrpState } from "../../../contract/addressPage.ts";
import type { Log } from "../../daemon/log.ts";
import type { MoverMemory } from "./memory.ts";

/** The mover's events, in the journal's words. */
export interface MoverReport {
  /** keepalived's state changed. */
  vrrp(from: VrrpState | null, to: VrrpState | null): void;
  /** AWS delivers the address to this node; so long after this node was to have it, where it was. */
  gained(seconds: number | null): void;
  lost(): void;
  accepted(silent: readonly string[]): void;
  /** A decision after the peers were asked. */
  decided(before: MoverMemory, after: MoverMemory, nowMs: number): void;
}

export function openMoverReport(log: Log, address: string): MoverReport {
  return {
    vrrp: (from, to) =>
      log.say("notice", `keepalived ${to === null ? "does not run" : `is ${to}`} here`, {
        ...{ event: "vrrp", from, to },
      }),
    gained: (seconds) =>
      log.say(
        "notice",
        `AWS delivers ${address} to this node${seconds === null ? "" : `, ${seconds.toFixed(2)} s after it was missed`}`,
        { event: "owner", mine: "true", seconds },
      ),
    lost: () =>
      log.say("notice", `AWS no longer delivers ${address} to this node`, { event: "owner", mine: "false" }),
    accepted: (silent) =>
      log.say(
        "notice",
        `AWS accepted to deliver ${address} to this node: ${
          silent.length === 0 ? "no peer that is MASTER has it" : `${silent.join(", ")} does not answer`
        }`,
        { event: "move" },
      ),
    decided: (before, after, nowMs) => {
      if (after.contested && !before.contested)
        log.say(
          "warning",
          `A peer is MASTER as well and has ${address}, so it stays there: see whether protocol 112 (VRRP) passes between the nodes`,
          { event: "contested" },
        );
      if (!after.contested && before.contested)
        log.say("notice", `No peer contests ${address} any more`, { event: "contested-over" });
      if (after.losses > before.losses) {
        const seconds = Math.round((after.holdOffUntilMs - nowMs) / 1000);
        log.say(
          "warning",
          `A peer that does not answer took ${address}: it is taken again in ${seconds} s at the earliest`,
          { event: "hold-off", losses: after.losses, seconds },
        );
      }
    },
  };
}
