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
