import type { KindName } from "./budgets.ts";
import type { Kind } from "./kind.ts";
import { crash } from "./kinds/crash.ts";
import { cutOff } from "./kinds/cutOff.ts";
import { freeze } from "./kinds/freeze.ts";
import { hostLoss } from "./kinds/hostLoss.ts";
import { polite } from "./kinds/polite.ts";
import { poolerKill } from "./kinds/poolerKill.ts";
import { postgresRestart } from "./kinds/postgresRestart.ts";
import { rejoin } from "./kinds/rejoin.ts";

/** IP protocol number of VRRP. */
const vrrp = 112;

/** Every kind of failure that can be drilled. */
export const kinds: Readonly<Record<KindName, Kind>> = {
  "host-loss": hostLoss,
  polite,
  "keepalived-kill": crash("keepalived"),
  "haproxy-kill": crash("haproxy"),
  "link-cut": cutOff({ how: "carrier" }, "the holder's cable is pulled for three seconds"),
  "one-way-cut": cutOff(
    { how: "proto", proto: vrrp, direction: "out" },
    "the holder's adverts get lost for three seconds, all else gets through",
  ),
  partition: cutOff(
    { how: "port" },
    "the holder is cut off from everybody for three seconds, its link stays up",
  ),
  freeze,
  "pooler-kill": poolerKill,
  "postgres-restart": postgresRestart,
  rejoin,
};
