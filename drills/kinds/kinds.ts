import type { KindName } from "../budgets.ts";
import { addressLoss, addressLossBackup } from "./addressLoss.ts";
import { linkCut, oneWayCut, partition } from "./cuts.ts";
import { haproxyKill, keepalivedKill, polite, poolerKill, postgresRestart } from "./daemons.ts";
import {
  ec2AgentKill,
  ec2AgentKillBackup,
  ec2ApiError,
  ec2ApiSlow,
  ec2Credentials,
  ec2HostLoss,
  ec2LateEffect,
  ec2LateMetadata,
  ec2Polite,
  ec2Throttled,
} from "./ec2.ts";
import { ec2OneWay, ec2Partition, ec2TwoWay } from "./ec2Cuts.ts";
import { certRenewal } from "./edgeCertificate.ts";
import { edgeFlood, edgeSlow, haproxyHang } from "./edgeLoad.ts";
import { allDead, hang, hangAlone, lastResort, proxyCrash, refused, refusedAlone } from "./egressDeath.ts";
import { agentKill, deadOnHolder, egressHostLoss, haproxyRestart } from "./egressNode.ts";
import { flap, recovery, slow } from "./egressPreference.ts";
import { connectionFlood } from "./flood.ts";
import type { Kind } from "./kind.ts";
import { locksAfterLoss } from "./locks.ts";
import { freeze, hostLoss, rejoin } from "./machines.ts";
import { nodeDrain } from "./nodeDrain.ts";
import { nodeLossWithPoolers, poolMachineLoss } from "./pools.ts";
import { routeChangeUnderLoad, routeFailover, routeForeignReload } from "./routes.ts";
import { routeDatabaseDown, routeDiskFull, routePartition } from "./routesApart.ts";

/** Every kind of failure that can be drilled; `budgets` has the limits of each. */
export const kinds: Readonly<Record<KindName, Kind>> = {
  "host-loss": hostLoss,
  polite,
  "keepalived-kill": keepalivedKill,
  "haproxy-kill": haproxyKill,
  "link-cut": linkCut,
  "one-way-cut": oneWayCut,
  "address-loss": addressLoss,
  "address-loss-backup": addressLossBackup,
  partition,
  freeze,
  "pooler-kill": poolerKill,
  "postgres-restart": postgresRestart,
  rejoin,
  "locks-after-loss": locksAfterLoss,
  "connection-flood": connectionFlood,
  "pool-machine-loss": poolMachineLoss,
  "node-loss-with-poolers": nodeLossWithPoolers,
  "egress-refused": refused,
  "egress-hang": hang,
  "egress-refused-alone": refusedAlone,
  "egress-hang-alone": hangAlone,
  "egress-crash": proxyCrash,
  "egress-last-resort": lastResort,
  "egress-recovery": recovery,
  "egress-slow": slow,
  "egress-flap": flap,
  "egress-agent-kill": agentKill,
  "egress-haproxy-restart": haproxyRestart,
  "egress-host-loss": egressHostLoss,
  "egress-vip": deadOnHolder,
  "egress-all-dead": allDead,
  "route-change-under-load": routeChangeUnderLoad,
  "route-failover": routeFailover,
  "route-partition": routePartition,
  "route-database-down": routeDatabaseDown,
  "route-foreign-reload": routeForeignReload,
  "route-disk-full": routeDiskFull,
  "haproxy-hang": haproxyHang,
  "edge-flood": edgeFlood,
  "edge-slow": edgeSlow,
  "cert-renewal": certRenewal,
  "node-drain": nodeDrain,
  "ec2-host-loss": ec2HostLoss,
  "ec2-polite": ec2Polite,
  "ec2-api-error": ec2ApiError,
  "ec2-api-slow": ec2ApiSlow,
  "ec2-throttled": ec2Throttled,
  "ec2-credentials": ec2Credentials,
  "ec2-one-way": ec2OneWay,
  "ec2-two-way": ec2TwoWay,
  "ec2-partition": ec2Partition,
  "ec2-agent-kill": ec2AgentKill,
  "ec2-agent-kill-backup": ec2AgentKillBackup,
  "ec2-late-metadata": ec2LateMetadata,
  "ec2-late-effect": ec2LateEffect,
};
