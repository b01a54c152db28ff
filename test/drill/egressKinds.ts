import type { EgressKindName } from "./egressBudgets.ts";
import type { Kind } from "./kind.ts";
import { agentKill } from "./kinds/egress/agentKill.ts";
import { allDead } from "./kinds/egress/allDead.ts";
import { deadOnHolder } from "./kinds/egress/deadOnHolder.ts";
import { deadProxy, deadProxyAlone } from "./kinds/egress/deadProxy.ts";
import { flap } from "./kinds/egress/flap.ts";
import { lastResort } from "./kinds/egress/lastResort.ts";
import { egressHostLoss, haproxyRestart } from "./kinds/egress/lostNode.ts";
import { recovery } from "./kinds/egress/recovery.ts";
import { slow } from "./kinds/egress/slow.ts";

/** Every kind of failure of the way out. */
export const egressKinds: Readonly<Record<EgressKindName, Kind>> = {
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
