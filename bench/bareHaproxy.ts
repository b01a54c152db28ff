import { run } from "../drills/machine.ts";

/** A HAProxy of default settings on a node, which a figure of the pair's own is compared with. */

export const haproxy = "/usr/sbin/haproxy";
const unit = "hapair-bench-haproxy.service";
const path = "/run/hapair-bench-bare.cfg";

/** What no config can be without: everything else is HAProxy's default. */
export const defaultsOf = (mode: "http" | "tcp"): string => `defaults
    mode ${mode}
    timeout connect 1s
    timeout client 30s
    timeout server 30s
`;

export interface BareHaproxy {
  readonly mode: "http" | "tcp";
  /** Where it listens. */
  readonly host: string;
  readonly port: number;
  /** Where it forwards connections or requests to, in turn. */
  readonly targets: readonly { readonly host: string; readonly port: number }[];
}

/** Starts it; it serves until `stop`. Other machines reach its port on an address of the node's own. */
export async function startBareHaproxy(
  lab: string,
  node: string,
  { mode, host, port, targets }: BareHaproxy,
): Promise<{ readonly unit: string; stop(): Promise<void> }> {
  const servers = targets.map((target, index) => `    server target${index} ${target.host}:${target.port}\n`);
  const config = `${defaultsOf(mode)}frontend bare
    bind ${host}:${port}
    default_backend targets
backend targets
${servers.join("")}`;
  const letIn = ["INPUT", "--protocol=tcp", `--dport=${port}`, "--jump=ACCEPT"];
  await run(lab, node, ["tee", path], config);
  await run(lab, node, ["iptables", "--insert", ...letIn]);
  await run(lab, node, [
    ...["systemd-run", "--quiet", "--collect", `--unit=${unit}`],
    ...["--property=LimitNOFILE=200000", "--", haproxy, "-W", "-f", path],
  ]);
  const stop = async () => {
    await run(lab, node, ["systemctl", "stop", unit]);
    await run(lab, node, ["iptables", "--delete", ...letIn]);
  };
  return { unit, stop };
}
