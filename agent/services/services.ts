import { accounts } from "./accounts.ts";
import { hapair } from "./hapair.ts";
import { haproxy } from "./haproxy.ts";
import { keepalived } from "./keepalived.ts";
import { pgbouncer } from "./pgbouncer.ts";
import { postgresql } from "./postgresql.ts";
import { rsyslog } from "./rsyslog.ts";
import type { Service } from "./service.ts";
import { sysctl } from "./sysctl.ts";
import { systemd } from "./systemd.ts";
import { ufw } from "./ufw.ts";
import { wireproxy } from "./wireproxy.ts";

/** In the order in which they load a bundle: what others depend on first, what clients connect to last. */
export const services: readonly Service[] = [
  sysctl,
  accounts,
  systemd,
  ufw,
  rsyslog,
  postgresql,
  pgbouncer,
  wireproxy,
  haproxy,
  hapair,
  keepalived,
];
