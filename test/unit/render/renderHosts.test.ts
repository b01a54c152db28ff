import { describe, expect, test } from "vitest";
import { renderShown } from "../../../render/bundle.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { hostsConfig } from "../../harness/testConfig.ts";

const topology = parseTopology(hostsConfig());
const facts = { interface: "ens5" };
const rulesOf = (shown: Readonly<Record<string, string>>) => shown["etc/ufw/user.rules"]?.split("\n") ?? [];

describe.each(hostsOf(topology).map((host) => [host.name, host] as const))(
  "%s, which exists already",
  (name, host) => {
    test.each(Object.entries(renderShown(topology, host, facts)))(
      "%s is the golden file",
      async (path, text) => {
        await expect(text).toMatchFileSnapshot(`../golden/hosts/${name}/${path}`);
      },
    );

    test("has files with the interface that has its address", () => {
      expect(JSON.stringify(renderShown(topology, host, { interface: "bond0.12" }))).toContain("bond0.12");
      expect(JSON.stringify(renderShown(topology, host, facts))).not.toMatch(/host0|\[interface\]/);
    });

    test("keeps the way by which it is logged in to open, also on another interface, address and port", () => {
      const login = { interface: "eth9", address: "203.0.113.7", port: 2222 };
      const opened = rulesOf(renderShown(topology, host, { ...facts, login })).filter((line) =>
        line.startsWith("-A ufw-user-input -i eth9"),
      );
      expect(opened).toEqual([
        "-A ufw-user-input -i eth9 -p tcp --dport 2222 -d 203.0.113.7 -s 192.0.2.0/24 -j ACCEPT",
        "-A ufw-user-input -i eth9 -p tcp --dport 2222 -d 203.0.113.7 -s 198.51.100.7/32 -j ACCEPT",
      ]);
    });
  },
);

test("without the hosts' answers, files for people show where the interface's name will stand", () => {
  for (const host of hostsOf(topology))
    expect(rulesOf(renderShown(topology, host)).join("\n")).toContain("-i [interface] ");
});
