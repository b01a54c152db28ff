import type { EgressKindName, KindName } from "../budgets.ts";
import { crash, polite, poolerKill, postgresRestart } from "./daemons.ts";
import { allDead, deadProxy, deadProxyAlone, lastResort } from "./egressDeath.ts";
import { agentKill, deadOnHolder, egressHostLoss, haproxyRestart } from "./egressNode.ts";
import { flap, recovery, slow } from "./egressPreference.ts";
import type { Kind } from "./kind.ts";
import { cutOff, freeze, hostLoss, rejoin } from "./machines.ts";

/** Long enough for both sides to have settled and for neighbours to have learnt the other address. */
const settledMs = 3000;
/** Long enough for the side without the pool to hold every pooler for dead. */
const poolLostMs = 5000;
/** IP protocol number of VRRP. */
const vrrp = 112;

/** Every kind of failure of the way out. */
const egressKinds: Readonly<Record<EgressKindName, Kind>> = {
  "egress-refused": deadProxy(
    "refused",
    "the tunnel behind the preferred proxy refuses, its port stays open",
  ),
  "egress-hang": deadProxy(
    "cut",
    "the tunnel behind the preferred proxy swallows everything, its port stays open",
  ),
  "egress-refused-alone": deadProxyAlone("refused", "as egress-refused, while every node's agent is dead"),
  "egress-hang-alone": deadProxyAlone("cut", "as egress-hang, while every node's agent is dead"),
  "egress-crash": deadProxy("crash", "the preferred proxy itself is gone"),
  "egress-last-resort": lastResort,
  "egress-recovery": recovery,
  "egress-slow": slow,
  "egress-flap": flap,
  "egress-agent-kill": agentKill,
  "egress-haproxy-restart": haproxyRestart,
  "egress-host-loss": egressHostLoss,
  "egress-vip": deadOnHolder,
  "egress-all-dead": allDead,
};

/** Every kind of failure that can be drilled. */
export const kinds: Readonly<Record<KindName, Kind>> = {
  "host-loss": hostLoss,
  polite,
  "keepalived-kill": crash("keepalived"),
  "haproxy-kill": crash("haproxy"),
  "link-cut": cutOff({ how: "carrier" }, settledMs, "the holder's cable is pulled for three seconds"),
  "one-way-cut": cutOff(
    { how: "proto", proto: vrrp, direction: "out" },
    settledMs,
    "the holder's adverts get lost for three seconds, all else gets through",
  ),
  partition: cutOff(
    { how: "port" },
    poolLostMs,
    "the holder is cut off from everybody for five seconds, its link stays up",
  ),
  freeze,
  "pooler-kill": poolerKill,
  "postgres-restart": postgresRestart,
  rejoin,
  ...egressKinds,
};
