import { type Cut, writeCut } from "./cutState.ts";
import { heal } from "./heal.ts";
import { leaderPid } from "./leader.ts";
import { blackHole, bridgePort, namespace } from "./paths.ts";
import { runSync } from "./run.ts";

/** Cuts the machine's cable in one way, until `heal`; an earlier cut is healed first. */
export function cut(lab: string, name: string, how: Cut): void {
  leaderPid(lab, name);
  heal(lab, name);
  writeCut(lab, name, how);
  const port = bridgePort(name);
  if (how.how === "port") runSync(["ip", "-n", namespace(lab), "link", "set", port, "nomaster"]);
  else if (how.how === "carrier") runSync(["ip", "-n", namespace(lab), "link", "set", port, "down"]);
  else dropProtocol(lab, port, how);
}

/** Redirected to a bridge without ports: unlike `drop`, that needs no action which small kernels leave out. */
function dropProtocol(lab: string, port: string, { proto, direction }: Extract<Cut, { how: "proto" }>): void {
  const hook = direction === "out" ? "ingress" : "egress";
  const commands = [
    `qdisc add dev ${port} clsact`,
    `filter add dev ${port} ${hook} protocol ip u32 match ip protocol ${proto} 0xff action mirred egress redirect dev ${blackHole}`,
  ];
  runSync(["tc", "-n", namespace(lab), "-batch", "-"], `${commands.join("\n")}\n`);
}
