import { expect, it } from "vitest";
import { exec } from "../../../lab/machine/exec.ts";
import { knock } from "../hosts/application.ts";
import { must } from "../hosts/onHost.ts";
import type { LabEgress } from "./labEgress.ts";

/** Who reaches what of a node. */
export function portTests(lab: () => LabEgress): void {
  const reaches = async (machine: string, door: string) => {
    const [host, port] = door.split(":");
    const open = `exec 3<>/dev/tcp/${host}/${port}`;
    return (await exec(lab().lab, machine, ["timeout", "1", "bash", "-c", open])).exitCode === 0;
  };

  it("the stats page is on the node's loopback, for who is on the node, with every proxy (S8)", async () => {
    for (const node of lab().nodes) {
      const url = `http://127.0.0.1:${lab().statsPort}/haproxy?stats`;
      const { stdout } = await must(lab().lab, node, ["curl", "-sS", "-m", "2", "-w", "%{http_code}", url]);
      expect(stdout).toMatch(/200$/);
      for (const { name } of lab().servers) expect(stdout).toContain(`${lab().backend}/${name}`);
    }
  });

  it("clients reach the SOCKS port on the virtual address alone, metrics are for monitoring and peers, stats for nobody (S8)", async () => {
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
      // A client of the network that is no monitoring.
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
