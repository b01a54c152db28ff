import { describe, expect, test } from "vitest";
import { renderShown } from "../../../render/bundle.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { vagrantConfig } from "../../harness/testConfig.ts";

const topology = parseTopology(vagrantConfig());
const facts = { interface: "enp0s8" };

describe.each(hostsOf(topology).map((host) => [host.name, host] as const))(
  "%s, which Vagrant makes",
  (name, host) => {
    test.each(Object.entries(renderShown(topology, host, facts)))(
      "%s is the golden file",
      async (path, text) => {
        await expect(text).toMatchFileSnapshot(`../golden/vagrant/${name}/${path}`);
      },
    );

    test("lets Vagrant itself log in over the machine's first adapter", () => {
      expect(renderShown(topology, host, facts)["etc/ufw/user.rules"]).toContain(
        "-A ufw-user-input -p tcp --dport 22 -d 10.0.2.0/24 -s 10.0.2.0/24 -j ACCEPT",
      );
    });
  },
);

test.each([
  [undefined, 500, "0.2"],
  [100, 500, "0.5"],
  [100, 200, "0.3"],
])(
  "an orderly stop of haproxy waits until a peer of priority %s has the address (adverts every %i ms)",
  (priority, advertIntervalMs, seconds) => {
    const config = vagrantConfig();
    const [pair] = config.pairs as [{ nodes: [unknown, object] }];
    const nodes = [pair.nodes[0], { ...pair.nodes[1], ...(priority && { priority }) }];
    const changed = { ...config, pairs: [{ ...pair, nodes, vrrp: { advertIntervalMs } }] };
    const topology = parseTopology(changed);
    const [host] = hostsOf(topology).filter(({ role }) => role === "node");
    if (host === undefined) throw new Error("no node");
    const shown = renderShown(topology, host, facts);
    expect(shown["etc/systemd/system/haproxy.service.d/hapair.conf"]).toContain(`sleep ${seconds}'`);
  },
);
