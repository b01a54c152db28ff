import { agentUnit } from "../../contract/agentConfig.ts";
import { noVpcFaults, type VpcFaults } from "../../contract/vpc.ts";
import { cut, heal } from "../../lab/faults/cut.ts";
import { vpcOf } from "../../lab/vpc/vpc.ts";
import { run } from "../machine.ts";
import { nowMs } from "../time.ts";
import { polite as politeKind } from "./daemons.ts";
import { type Kind, otherHolder, type Preparation, type Round, takenOver } from "./kind.ts";
import { boot, cutPower, hostLoss } from "./machines.ts";

/** Failures of a pair on EC2. The lab plays AWS: its own seconds are not part of what is measured. */

const needs = "ec2";
/** AWS takes a second or two until packets follow a move. */
const lateMs = 1500;
const outageOfApiMs = 2000;

const fail = ({ pair }: Preparation, faults: Partial<VpcFaults>) => vpcOf(pair.lab).fail(faults);

const otherNode = ({ pair, holder }: Preparation): string => {
  const other = pair.nodes.find((node) => node !== holder);
  if (other === undefined) throw new Error("a pair has two nodes");
  return other;
};

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

/** The holder loses power while AWS fails; where it fails for a time, it works again after that. */
function lossDuring(
  what: string,
  faults: (round: Round) => Partial<VpcFaults>,
  lengthMs?: number,
  before: (round: Round) => Promise<unknown> = async () => undefined,
): Kind {
  return {
    description: `power cut of the holder while ${what}`,
    ask: "answer",
    needs,
    play: async (round) => {
      const { pair, holder, restore, nodeGone, served, elapsed, healthy } = round;
      restore(() => fail(round, noVpcFaults));
      await fail(round, faults(round));
      await before(round);
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
export const ec2ApiError = lossDuring(
  `the API answers 503 ${forTwoSeconds}`,
  () => ({ api: "unavailable" }),
  outageOfApiMs,
);
export const ec2Throttled = lossDuring(
  `AWS throttles ${forTwoSeconds}`,
  () => ({ api: "throttled" }),
  outageOfApiMs,
);
export const ec2Credentials = lossDuring(
  `the API refuses the role's keys ${forTwoSeconds}`,
  () => ({ credentialsExpired: true }),
  outageOfApiMs,
);
export const ec2ApiSlow = lossDuring("the API answers after a second", () => ({ apiDelayMs: 1000 }));
export const ec2LateEffect = lossDuring(`AWS delivers ${lateMs / 1000} s after it has accepted`, () => ({
  effectMs: lateMs,
}));
export const ec2AgentKill = lossDuring(
  "the other node's agent is killed (kill -9)",
  () => ({}),
  undefined,
  (round) => run(round.pair.lab, otherNode(round), ["systemctl", "kill", "--signal=KILL", agentUnit]),
);
export const ec2LateMetadata = lossDuring(
  `the other node's agent starts, and its metadata do not answer ${forTwoSeconds}`,
  (round) => ({ metadataDown: [otherNode(round)] }),
  outageOfApiMs,
  (round) => run(round.pair.lab, otherNode(round), ["systemctl", "restart", agentUnit]),
);

/** Longer than the first time that an agent holds a taken address off, so that a second one would show. */
const oneWayMs = 30_000;
const partedMs = 15_000;
/** Effects of a repair show within this time. */
const afterMs = 3000;
/** How often the address may move in a partition, before its repair. */
const movesParted = 2;

/** Protocol 112 alone is lost: the API works, clients and the agents reach both nodes. */
export const ec2OneWay: Kind = {
  description: `the holder's adverts are lost for ${oneWayMs / 1000} s, everything else gets through`,
  ask: "answer",
  needs,
  lengthy: true,
  variants: 2,
  prepare: otherHolder,
  play: async (round) => {
    const { pair, holder, restore, elapsed, repaired, served, healthy } = round;
    restore(() => heal(pair.lab, holder));
    const begun = nowMs();
    cut(pair.lab, holder, { how: "proto", proto: 112, direction: "out" });
    await elapsed(begun, oneWayMs);
    heal(pair.lab, holder);
    repaired();
    await elapsed(nowMs(), afterMs);
    await served(nowMs());
    await healthy();
  },
};

/** Each node may take the address from the other, which does not answer it. */
export const ec2Partition: Kind = {
  description: `the nodes do not reach each other for ${partedMs / 1000} s; the API and clients reach both`,
  ask: "answer",
  needs,
  lengthy: true,
  variants: 2,
  prepare: otherHolder,
  play: async (round) => {
    const { pair, holder, watch, restore, elapsed, repaired, fault, served, healthy } = round;
    restore(() => heal(pair.lab, holder));
    const begun = nowMs();
    cut(pair.lab, holder, { how: "peer", peer: otherNode(round) });
    await elapsed(begun, partedMs);
    const moves = watch.changes.filter(({ holds, atMs }) => holds && atMs >= begun).length;
    if (moves > movesParted) fault(`the address moved ${moves} times in the partition, of ${movesParted}`);
    heal(pair.lab, holder);
    repaired();
    await elapsed(nowMs(), afterMs);
    await served(nowMs());
    await healthy();
  },
};
