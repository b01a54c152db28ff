import { agentUnit } from "../../contract/agentConfig.ts";
import { noVpcFaults, type VpcFaults } from "../../contract/vpc.ts";
import { vpcOf } from "../../lab/vpc/vpc.ts";
import { run } from "../machine.ts";
import { nowMs } from "../time.ts";
import { killUnit, polite as politeKind } from "./daemons.ts";
import { type Kind, otherNode, type Preparation, type Round, takenOver } from "./kind.ts";
import { boot, cutPower, hostLoss } from "./machines.ts";

/** Failures of a pair on EC2. The lab plays AWS: its own seconds are not part of what is measured. */

const needs = "ec2";
/** AWS takes a second or two until packets follow a move. */
const lateMs = 1500;
const outageOfApiMs = 2000;

const fail = ({ pair }: Preparation, faults: Partial<VpcFaults>) => vpcOf(pair.lab).fail(faults);

export const ec2HostLoss: Kind = { ...hostLoss, needs };

export const ec2Polite: Kind = {
  ...politeKind,
  description: `the holder hands over in order, and AWS delivers ${lateMs / 1000} s after it has accepted`,
  needs,
  play: async (round) => {
    round.restore(() => fail(round, noVpcFaults));
    await fail(round, { effectMs: lateMs });
    await politeKind.play(round);
  },
};

interface Loss {
  /** What fails at the same time. */
  readonly what: string;
  readonly faults?: (round: Round) => Partial<VpcFaults>;
  /** When AWS works again, ms after the loss; without it, after the takeover. */
  readonly lengthMs?: number;
  /** Runs once AWS fails. */
  readonly before?: (round: Round) => Promise<unknown>;
  /** Default 1: `ec2-host-loss` loses each node. */
  readonly variants?: number;
}

/** The holder loses power while something of AWS, or the other agent, fails. */
function lossDuring({ what, faults = () => ({}), lengthMs, before, variants = 1 }: Loss): Kind {
  return {
    description: `power cut of the holder while ${what}`,
    ask: "answer",
    needs,
    variants,
    play: async (round) => {
      const { pair, holder, restore, nodeGone, served, elapsed, healthy } = round;
      restore(() => fail(round, noVpcFaults));
      await fail(round, faults(round));
      await before?.(round);
      const begun = nowMs();
      cutPower(round);
      nodeGone();
      if (lengthMs !== undefined) {
        await elapsed(begun, lengthMs);
        await fail(round, noVpcFaults);
      }
      await takenOver(round);
      await served(nowMs());
      await fail(round, noVpcFaults);
      await boot(pair.lab, holder);
      await healthy();
    },
  };
}

const forTwoSeconds = `for ${outageOfApiMs / 1000} s`;
export const ec2ApiError = lossDuring({
  what: `the API answers 503 ${forTwoSeconds}`,
  faults: () => ({ api: "unavailable" }),
  lengthMs: outageOfApiMs,
});
export const ec2Throttled = lossDuring({
  what: `AWS throttles ${forTwoSeconds}`,
  faults: () => ({ api: "throttled" }),
  lengthMs: outageOfApiMs,
});
export const ec2Credentials = lossDuring({
  what: `the API refuses the role's keys ${forTwoSeconds}`,
  faults: () => ({ credentialsExpired: true }),
  lengthMs: outageOfApiMs,
});
export const ec2ApiSlow = lossDuring({
  what: "the API answers after a second",
  faults: () => ({ apiDelayMs: 1000 }),
});
export const ec2LateEffect = lossDuring({
  what: `AWS delivers ${lateMs / 1000} s after it has accepted`,
  faults: () => ({ effectMs: lateMs }),
});
export const ec2AgentKillBackup = lossDuring({
  what: "the other node's agent is killed (kill -9)",
  before: (round) => run(round.pair.lab, otherNode(round), ["systemctl", "kill", "--signal=KILL", agentUnit]),
  variants: 2,
});
export const ec2LateMetadata = lossDuring({
  what: `the other node's agent starts, and its metadata do not answer ${forTwoSeconds}`,
  faults: (round) => ({ metadataDown: [otherNode(round)] }),
  lengthMs: outageOfApiMs,
  before: (round) => run(round.pair.lab, otherNode(round), ["systemctl", "restart", agentUnit]),
});

/** No traffic passes through the agent, and AWS delivers to where it did. */
export const ec2AgentKill: Kind = {
  description: "the holder's agent is killed (kill -9); its unit starts it again",
  ask: "answer",
  needs,
  // The agent's start takes a core of this host for a moment.
  promptMs: 100,
  play: async (round) => {
    await killUnit(round, round.holder, agentUnit);
    await round.healthy();
    await round.served(nowMs());
  },
};
