import { expect, test } from "vitest";
import { services } from "../../../agent/services/services.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { sshKeyPair } from "../../harness/sshKeyPair.ts";
import { hostsConfig } from "../../harness/testConfig.ts";
import { problemsOf } from "../fixtures.ts";

const hostKey = sshKeyPair("ed25519").public;
const withHosts = (hosts: Record<string, unknown>) => ({ ...hostsConfig(), hosts });
const all = { haproxy1: { hostKey }, haproxy2: { hostKey }, db1: { hostKey } };

test("each host needs a host key, unless a file of known hosts has them", () => {
  const { haproxy2: _, ...others } = all;
  const remedy = "is missing: npm run hostkeys prints it, or set hosts.knownHosts to a file that has it";
  expect(problemsOf(withHosts({ machines: others }))).toEqual([`hosts.machines.haproxy2.hostKey: ${remedy}`]);
  expect(problemsOf(withHosts({ machines: others, knownHosts: "~/.ssh/known_hosts" }))).toEqual([]);
  expect(problemsOf(withHosts({ machines: all, bastion: { host: "gate.example.com" } }))).toEqual([
    `hosts.bastion.hostKey: ${remedy}`,
  ]);
});

test("a host key is one line of a public key file, whose type is the one inside", () => {
  const keyed = (key: string) => problemsOf(withHosts({ machines: { ...all, db1: { hostKey: key } } }));
  const ecdsa = sshKeyPair("ecdsa").public;
  expect(keyed(`${hostKey} root@db1`)).toEqual([]);
  expect(keyed(ecdsa)).toEqual([]);
  const crossed = `ssh-ed25519 ${ecdsa.split(" ")[1]}`;
  for (const wrong of ["SHA256:abcdef", "ssh-ed25519", "ssh-ed25519 AAAA", crossed, `db1 ${hostKey}`])
    expect(keyed(wrong), wrong).toEqual([
      expect.stringMatching(/^hosts\.machines\.db1\.hostKey: expected a public host key .*npm run hostkeys/),
    ]);
});

test("an entry for a host that does not exist is refused, with the names that do", () => {
  const problems = problemsOf(withHosts({ machines: { ...all, haproxy3: { hostKey } } }));
  expect(problems).toEqual([
    "hosts.machines.haproxy3: no host has this name: it is one of haproxy1, haproxy2, db1, or remove the entry",
  ]);
});

test("two hosts are never reached at one address and port, whether it is theirs or given", () => {
  const taken = (address: string, port?: number) =>
    problemsOf(withHosts({ machines: { ...all, haproxy2: { hostKey, address, ...(port && { port }) } } }));
  expect(taken("192.0.2.20")).toEqual(
    [
      "192.0.2.20:22: hosts.machines.haproxy1.address is reached there already: two hosts cannot be one machine",
    ].map((text) => `hosts.machines.haproxy2.address: ${text}`),
  );
  expect(taken("192.0.2.20", 2222)).toEqual([]);
});

test("users, paths and services to take over are checked", () => {
  const problems = problemsOf(
    withHosts({ machines: all, user: "no one", identityFile: "id_ed25519", takeOver: ["nginx"] }),
  );
  expect(problems).toHaveLength(3);
  for (const key of ["hosts.user", "hosts.identityFile", "hosts.takeOver[0]"])
    expect(problems).toContainEqual(expect.stringContaining(`${key}: `));
});

test("every service of a host whose files may be somebody's own can be taken over", () => {
  const own = ["accounts", "hapair"];
  const names = services.map(({ name }) => name).filter((name) => !own.includes(name));
  expect(problemsOf(withHosts({ machines: all, takeOver: names }))).toEqual([]);
});

test("the interface is found on each host unless the config names one", () => {
  const { network, ...config } = hostsConfig();
  expect(parseTopology(hostsConfig()).network.interface).toBeUndefined();
  const named = { ...config, network: { ...Object(network), interface: "bond0" } };
  expect(parseTopology(named).network.interface).toBe("bond0");
});
