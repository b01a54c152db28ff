import type { KindName } from "./budgets.ts";
import { egressKinds } from "./egressKinds.ts";
import type { Kind } from "./kind.ts";
import { crash } from "./kinds/crash.ts";
import { cutOff } from "./kinds/cutOff.ts";
import { freeze } from "./kinds/freeze.ts";
import { hostLoss } from "./kinds/hostLoss.ts";
import { polite } from "./kinds/polite.ts";
import { poolerKill } from "./kinds/poolerKill.ts";
import { postgresRestart } from "./kinds/postgresRestart.ts";
import { rejoin } from "./kinds/rejoin.ts";

/** Long enough for both sides to have settled and for neighbours to have learnt the other address. */
const settledMs = 3000;
/** Long enough for the side without the pool to hold every pooler for dead. */
const poolLostMs = 5000;
/** IP protocol number of VRRP. */
const vrrp = 112;

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
