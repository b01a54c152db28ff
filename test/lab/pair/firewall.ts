import { expect, it } from "vitest";
import { exec } from "../../../lab/machine/exec.ts";
import { poolersOf } from "../../../topology/pool.ts";
import { knock } from "../hosts/application.ts";
import { occupy } from "../hosts/onHost.ts";
import type { LabPair } from "./labPair.ts";

/** ufw, as seen from the application server. */
export function firewallTests(lab: () => LabPair): void {
  it("only the declared ports of each host answer, whatever else listens there", async () => {
    const { pair, pool, db, machines } = lab();
    const undeclared = 9999;
    const sqlPorts = [pair.haproxy.port, pool.session.port];
    const own = [...pair.nodes.map(({ address }) => address), db.address];
    const listeners = await Promise.all(machines.map((machine) => occupy(lab().lab, machine, undeclared)));
    try {
      const open = [
        ...own.map((address) => `${address}:22`),
        ...[pair.vip.address, ...pair.nodes.map(({ address }) => address)].map(
          (address) => `${address}:${pair.haproxy.statsPort}`,
        ),
        ...sqlPorts.map((port) => `${pair.vip.address}:${port}`),
      ];
      const silent = [
        ...own.map((address) => `${address}:${undeclared}`),
        ...pair.nodes.flatMap(({ address }) => sqlPorts.map((port) => `${address}:${port}`)),
        ...[...poolersOf(pair), pool.postgres].map(({ port }) => `${db.address}:${port}`),
        `${pair.vip.address}:${undeclared}`,
      ];
      expect(await knock(lab().lab, [...open, ...silent])).toEqual({
        ...Object.fromEntries(open.map((door) => [door, "open"])),
        ...Object.fromEntries(silent.map((door) => [door, "silent"])),
      });
    } finally {
      await Promise.all(listeners.map((listener) => listener.leave()));
    }
  });

  // This reads the rules: without the rule, conntrack would still accept the peer's adverts as replies.
  it("VRRP is accepted from the peer and from no other host", async () => {
    for (const { name, address } of lab().pair.nodes) {
      const peers = lab().pair.nodes.filter((node) => node.name !== name);
      const { stdout } = await exec(lab().lab, name, ["iptables", "-S"]);
      // Protocol 112 is VRRP.
      const rules = stdout.split("\n").filter((rule) => /-p (vrrp|112) /.test(rule));
      expect(rules).toEqual(
        peers.map(
          (peer) => `-A ufw-user-input -s ${peer.address}/32 -d ${address}/32 -i host0 -p 112 -j ACCEPT`,
        ),
      );
      expect(stdout).toContain("-P INPUT DROP");
    }
  });
}
