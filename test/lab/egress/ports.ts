import { expect, it } from "vitest";
import { exec } from "../../../lab/machine/exec.ts";
import { knock } from "../hosts/application.ts";
import { must } from "../hosts/onHost.ts";
import type { LabEgress } from "./labEgress.ts";

/** Ports of a node, and the machines that reach them. */
export function portTests(lab: () => LabEgress): void {
  const reaches = async (machine: string, door: string) => {
    const [host, port] = door.split(":");
    const open = `exec 3<>/dev/tcp/${host}/${port}`;
    return (await exec(lab().lab, machine, ["timeout", "1", "bash", "-c", open])).exitCode === 0;
  };

  it("the stats page with every proxy answers on the node's loopback", async () => {
    for (const node of lab().nodes) {
      const url = `http://127.0.0.1:${lab().statsPort}/haproxy?stats`;
      const { stdout } = await must(lab().lab, node, ["curl", "-sS", "-m", "2", "-w", "%{http_code}", url]);
      expect(stdout).toMatch(/200$/);
      for (const { name } of lab().servers) expect(stdout).toContain(`${lab().backend}/${name}`);
    }
  });

  it("clients reach only the SOCKS port of the virtual address, monitoring and peers reach metrics, no machine reaches stats", async () => {
    const { pair, port, statsPort, metricsPort } = lab();
    const doors = (address: string) => [port, statsPort, metricsPort].map((door) => `${address}:${door}`);
    const nodes = pair.nodes.map(({ address }) => address);
    const silent = Object.fromEntries(
      [pair.vip.address, ...nodes].flatMap(doors).map((door) => [door, "silent"]),
    );
    const open = [`${pair.vip.address}:${port}`, ...nodes.map((address) => `${address}:${metricsPort}`)];
    expect(await knock(lab().lab, Object.keys(silent))).toEqual({
      ...silent,
      ...Object.fromEntries(open.map((door) => [door, "open"])),
    });

    for (const { name, address } of pair.nodes) {
      for (const other of pair.nodes.filter((node) => node.name !== name))
        expect(
          await Promise.all(doors(address).map((door) => reaches(other.name, door))),
          `${other.name} at ${address}`,
        ).toEqual([false, false, true]);
      // This client of the network is not among the monitoring addresses.
      expect(
        await Promise.all(doors(address).map((door) => reaches("internet", door))),
        `internet at ${address}`,
      ).toEqual([false, false, false]);
    }
    expect(await reaches("internet", `${pair.vip.address}:${port}`), "internet at the virtual address").toBe(
      true,
    );
  });
}
