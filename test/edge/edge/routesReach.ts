import { expect, it } from "vitest";
import { exec } from "../../../lab/machine/exec.ts";
import { must } from "../../lab/hosts/onHost.ts";
import { nodes, target } from "./edgeLab.ts";
import { addressOf, type RoutesLab } from "./routesLab.ts";

/** An address of the application server in a network that `firewall.admin` does not have. */
const stranger = "198.51.100.8";

/** Who reaches the API of the routes. */
export function reachTests(lab: () => RoutesLab): void {
  /** The exit status of curl(1) from an address of the application server. */
  const ask = async (from: string, at: string) => {
    const words = ["--silent", "--insecure", "--output", "/dev/null", "--max-time", "3", "--interface", from];
    return (await exec(lab().lab, "app", ["curl", ...words, at])).exitCode;
  };
  const everywhere = (from: string) =>
    Promise.all(
      [...nodes.map(addressOf), "10.0.1.100"].map((address) => ask(from, `https://${address}:8407/`)),
    );
  const [done, late] = [0, 28];

  it("is reached on each node and on the virtual address from the networks of firewall.admin alone", async () => {
    const way = async (verb: "replace" | "delete") => {
      await must(lab().lab, "app", ["ip", "address", verb, `${stranger}/32`, "dev", "lo"]);
      for (const node of nodes)
        await must(lab().lab, node, ["ip", "route", verb, `${stranger}/32`, "via", target.address]);
    };
    await way("replace");
    try {
      // Answers find their way back to it: what is missing below is the node's.
      for (const node of nodes) await must(lab().lab, node, ["ping", "-c", "1", "-W", "2", stranger]);
      expect(await everywhere(target.address)).toEqual([done, done, done]);
      expect(await everywhere(stranger)).toEqual([late, late, late]);
    } finally {
      await way("delete");
    }
  });
}
