import { expect, test } from "vitest";
import { removalOf } from "../../../../agent/giveBack/firewall.ts";
import { foreignRules, foreignTables } from "../../../../contract/ownership/netfilter.ts";

const ufw = `*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:ufw-before-input - [0:0]
:ufw-user-input - [0:0]
-A INPUT -j ufw-before-input
-A FORWARD -j ufw-before-forward
-A ufw-before-input -j ufw-user-input
COMMIT
`;

test("ufw's own rules are nobody else's", () => {
  expect(foreignRules(ufw)).toEqual([]);
});

test("rules for incoming packets beside ufw's are somebody's own, those for forwarded packets are not", () => {
  const ban = "-A INPUT -p tcp -m multiport --dports 22 -j f2b-sshd";
  const docker = "-A FORWARD -j DOCKER-USER";
  expect(foreignRules(`${ufw}${ban}\n${docker}\n`)).toEqual([ban]);
});

test("a table of nftables with rules for incoming packets is somebody's own, iptables' tables are not", () => {
  const input = "  chain input {\n    type filter hook input priority filter; policy drop;\n  }\n}\n";
  const nat = "  chain out {\n    type nat hook postrouting priority srcnat;\n  }\n}\n";
  expect(
    foreignTables(`table ip filter {\n${input}table inet mine {\n${input}table inet other {\n${nat}`),
  ).toEqual(["inet mine"]);
});

test("ufw's chains are removed with what leads to them, and nothing else is", () => {
  expect(removalOf(`${ufw}-A INPUT -j f2b-sshd\n`)).toBe(
    `*filter
-D INPUT -j ufw-before-input
-D FORWARD -j ufw-before-forward
-F ufw-before-input
-F ufw-user-input
-X ufw-before-input
-X ufw-user-input
COMMIT
`,
  );
  expect(removalOf("*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n")).toBeUndefined();
});
