import { describe, expect, test } from "vitest";
import { ec2Config } from "../../harness/testConfig.ts";
import { ec2With, problemsOf } from "../fixtures.ts";

const one = { zone: "eu-central-1a", cidr: "10.0.1.0/24" };
const two = { zone: "eu-central-1b", cidr: "10.0.2.0/24" };
const wide = { network: { cidr: "10.0.0.0/22" } };
/** The nodes in two zones. */
const apart = (vip: Record<string, unknown>, section: Record<string, unknown> = {}) => {
  const config = ec2With(vip, { subnets: [one, two], ...section }, wide);
  const [pair] = config.pairs as [Record<string, unknown>];
  const nodes = [
    { name: "haproxy1", address: "10.0.1.20" },
    { name: "haproxy2", address: "10.0.2.20" },
  ];
  return { ...config, pairs: [{ ...pair, nodes }] };
};
const eip = "eipalloc-0123456789abcdef0";
const publicVip = { address: "203.0.113.9", mode: "elastic-ip", elasticIp: eip };
const routed = { address: "172.31.255.1", mode: "route" };
const named = { vpc: { id: "vpc-0123456789abcdef0" } };

const withPair = (change: Record<string, unknown>) => {
  const { pairs, ...config } = ec2Config() as { pairs: [Record<string, unknown>] };
  return { ...config, pairs: [{ ...pairs[0], ...change }] };
};
/** Without the keys that are undefined. */
const withSection = (section: Record<string, unknown>) => JSON.parse(JSON.stringify(ec2With({}, section)));
const twoPairs = (elasticIp: string) => {
  const config = ec2With({ elasticIp }, { prebaked: true });
  const other = {
    name: "other",
    vrrp: { routerId: 52 },
    vip: { address: "10.0.1.101", elasticIp },
    nodes: [
      { name: "other1", address: "10.0.1.40" },
      { name: "other2", address: "10.0.1.41" },
    ],
  };
  return { ...config, pairs: [...(config.pairs as unknown[]), other] };
};

test("the example on EC2, and each mode of its address, has no problem", () => {
  expect(problemsOf(ec2Config())).toEqual([]);
  expect(problemsOf(apart(routed))).toEqual([]);
  expect(problemsOf(apart(publicVip, { prebaked: true }))).toEqual([]);
  expect(problemsOf(ec2With({ elasticIp: "follow" }, { api: "public" }))).toEqual([]);
  expect(problemsOf(ec2With({ elasticIp: eip }, { prebaked: true }))).toEqual([]);
  expect(problemsOf(twoPairs("follow"))).toEqual([]);
  const bastion = {
    host: "gate.example.com",
    hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJmD7i0bVYUOV3cG5T9gvCWHUSrS8wT1H7rsCQUp0O3S",
  };
  expect(problemsOf(withSection({ api: "public", ssh: undefined, bastion }))).toEqual([]);
  const tables = ["rtb-0123456789abcdef0"];
  const exists = { ...named, subnets: [{ ...one, id: "subnet-0123456789abcdef0" }] };
  expect(problemsOf(ec2With(routed, { ...exists, routeTables: tables }))).toEqual([]);
});

describe("on EC2 the parser refuses", () => {
  const cases: [string, Record<string, unknown>, string | RegExp][] = [
    [
      "secondary-ip over two subnets",
      apart({}),
      "pairs[0].vip.mode: secondary-ip moves an address inside one subnet, and the nodes are in 10.0.1.0/24 and 10.0.2.0/24: put them into one, or choose elastic-ip or route",
    ],
    [
      "a secondary-ip in another subnet than its nodes",
      ec2With({ address: "10.0.2.100" }, { subnets: [one, two] }, wide),
      "pairs[0].vip.address: 10.0.2.100 is in 10.0.2.0/24, and the nodes are in 10.0.1.0/24: choose a free address of their subnet",
    ],
    [
      "a routed address inside the VPC's range",
      ec2With({ ...routed, address: "10.0.9.1" }),
      "pairs[0].vip.address: 10.0.9.1 is inside the VPC's range 10.0.0.0/16, where AWS takes no route to one address: choose one outside, such as 172.31.255.1",
    ],
    [
      "a routed address inside the network, where the VPC's range is not known",
      ec2With({ ...routed, address: "10.0.1.9" }, { ...named, routeTables: ["rtb-01234567"] }),
      /^pairs\[0\]\.vip\.address: 10\.0\.1\.9 is inside network\.cidr 10\.0\.1\.0\/24/,
    ],
    [
      "a routed address with a public one",
      ec2With({ ...routed, elasticIp: "follow" }),
      /^pairs\[0\]\.vip\.elasticIp: follow: an address of the mode route has no public one/,
    ],
    [
      "a routed address in a VPC that exists without naming its tables",
      ec2With(routed, named),
      /^ec2\.routeTables: is missing: name the route tables through which clients reach/,
    ],
    [
      "route tables that nothing is routed in",
      ec2With({}, { ...named, routeTables: ["rtb-01234567"] }),
      "ec2.routeTables: has a meaning with an address of the mode route alone: remove it",
    ],
    [
      "elastic-ip without its id",
      apart({ address: "203.0.113.9", mode: "elastic-ip" }, { prebaked: true }),
      /^pairs\[0\]\.vip\.elasticIp: is missing: elastic-ip moves a public address that outlives the stack: allocate one/,
    ],
    [
      "elastic-ip with a private address",
      apart({ ...publicVip, address: "10.0.1.100" }, { prebaked: true }),
      /^pairs\[0\]\.vip\.address: 10\.0\.1\.100 is a private address of 10\.0\.0\.0\/16/,
    ],
    [
      "elastic-ip where nodes would lose public addresses of their own",
      apart(publicVip, { api: "public" }),
      "pairs[0].vip.mode: elastic-ip would take the nodes' own public addresses: set ec2.api to endpoint",
    ],
    [
      "a public address whose nodes reach no mirror",
      apart(publicVip),
      /^pairs\[0\]\.vip\.mode: hosts beside the nodes' public address .* set ec2\.prebaked with an image that has every package$/,
    ],
    [
      "an Elastic IP beside a private address whose nodes reach no mirror",
      ec2With({ elasticIp: "follow" }),
      /^pairs\[0\]\.vip\.elasticIp: hosts beside .*, or ec2\.api to public$/,
    ],
    [
      "a NAT gateway to the API for nodes that answer by the internet gateway",
      ec2With({ elasticIp: "follow" }, { api: "nat", prebaked: true }),
      /^pairs\[0\]\.vip\.elasticIp: the nodes answer by the internet gateway, so that the NAT gateway/,
    ],
    ...["10.0.1.1", "10.0.1.3"].map((address): [string, Record<string, unknown>, string] => [
      `the address ${address}, which AWS keeps`,
      ec2With({ address }),
      `pairs[0].vip.address: ${address} is one of the five addresses of 10.0.1.0/24 that AWS keeps (the first four and the last): choose another`,
    ]),
    [
      "the last address of a subnet that is not the network's last",
      ec2With({ address: "10.0.1.255" }, {}, wide),
      /^pairs\[0\]\.vip\.address: 10\.0\.1\.255 is one of the five addresses of 10\.0\.1\.0\/24/,
    ],
    [
      "an address in no subnet",
      ec2With({ address: "10.0.3.9" }, {}, wide),
      "pairs[0].vip.address: 10.0.3.9 is in no subnet of ec2.subnets (10.0.1.0/24): choose a free address of one",
    ],
    [
      "a zone of another region",
      ec2With({}, { subnets: [{ ...one, zone: "eu-west-1a" }] }),
      "ec2.subnets[0].zone: eu-west-1a is no zone of the region eu-central-1: choose one such as eu-central-1a, or correct ec2.region",
    ],
    [
      "more than two zones",
      ec2With({}, { subnets: [one, two, { zone: "eu-central-1c", cidr: "10.0.3.0/24" }] }, wide),
      "ec2.subnets: are in 3 zones (eu-central-1a, eu-central-1b, eu-central-1c): use at most two",
    ],
    [
      "subnets with addresses in common",
      ec2With({}, { subnets: [one, { ...two, cidr: "10.0.1.128/25" }] }),
      "ec2.subnets[1].cidr: 10.0.1.128/25 has addresses of ec2.subnets[0] (10.0.1.0/24): subnets share none",
    ],
    [
      "a subnet outside the VPC",
      ec2With({}, { vpc: { cidr: "10.1.0.0/16" } }),
      "ec2.subnets[0].cidr: 10.0.1.0/24 is not inside the VPC's range 10.1.0.0/16: choose a part of that",
    ],
    [
      "a subnet outside the network",
      ec2With({}, { subnets: [one, two] }),
      /^ec2\.subnets\[1\]\.cidr: 10\.0\.2\.0\/24 is not inside network\.cidr \(10\.0\.1\.0\/24\)/,
    ],
    [
      "a subnet that exists in a VPC that is made",
      ec2With({}, { subnets: [{ ...one, id: "subnet-01234567" }] }),
      /^ec2\.subnets\[0\]\.id: subnet-01234567 exists, and the VPC is made: set ec2\.vpc to the id/,
    ],
    ["a VPC that is neither made nor named", ec2With({}, { vpc: {} }), /^ec2\.vpc: is missing: set its cidr/],
    [
      "a VPC that is both",
      ec2With({}, { vpc: { cidr: "10.0.0.0/16", id: "vpc-01234567" } }),
      /^ec2\.vpc: has both cidr and id/,
    ],
    [
      "a NAT gateway's subnet over one of the hosts'",
      ec2With({}, { natSubnet: "10.0.1.240/28" }),
      /^ec2\.natSubnet: 10\.0\.1\.240\/28 has addresses of ec2\.subnets\[0\] \(10\.0\.1\.0\/24\)/,
    ],
    [
      "hosts without Debian's mirror and without their packages",
      ec2With({}, { internet: "none" }),
      /^ec2\.internet: none leaves the hosts without Debian's mirror: set ec2\.prebaked/,
    ],
    [
      "an API behind a gateway that is left out",
      ec2With({}, { internet: "none", api: "nat", prebaked: true }),
      /^ec2\.api: nat needs the gateway that ec2\.internet leaves out/,
    ],
    [
      "a gateway for hosts that have public addresses",
      ec2With({}, { internet: "nat", api: "public" }),
      /^ec2\.internet: each host has a public address of its own/,
    ],
    [
      "a gateway in a VPC that exists",
      ec2With({}, { ...named, internet: "nat" }),
      /^ec2\.internet: has a meaning where the VPC is made/,
    ],
    [
      "SSH for the whole internet without saying so",
      ec2With({}, { ssh: ["198.51.100.7/32", "0.0.0.0/0"] }),
      "ec2.ssh[1]: 0.0.0.0/0 opens it to the internet: name the networks that need it, or set ec2.anywhere to true if that is meant",
    ],
    [
      "half of the internet without saying so",
      ec2With({}, { application: ["128.0.0.0/1"] }),
      /^ec2\.application\[0\]: 128\.0\.0\.0\/1 opens it to the internet/,
    ],
    [
      "clients of PostgreSQL beside the pair from the whole internet without saying so",
      withPair({ pool: { machines: [{ name: "db1", address: "10.0.1.30" }], directClients: ["0.0.0.0/0"] } }),
      "pairs[0].pool.directClients[0]: 0.0.0.0/0 opens it to the internet: name the networks that need it, or set ec2.anywhere to true if that is meant",
    ],
    [
      "logins to public addresses from the hosts' own network alone",
      withSection({ api: "public", ssh: undefined }),
      "ec2.ssh: is missing: with ec2.api: public the commands log in to the hosts' public addresses, from outside their network: set the public address from which you run them, such as 203.0.113.7/32, or ec2.bastion",
    ],
    [
      "an Elastic IP for two pairs",
      twoPairs(eip),
      `pairs[1].vip.elasticIp: ${eip}: pairs[0].vip.elasticIp has this Elastic IP already, and it leads to one pair`,
    ],
    [
      "sources in two places",
      ec2With({}, {}, { firewall: { clients: ["10.0.0.0/16"] } }),
      "firewall.clients: is set as ec2.application on this target, for the security groups and the hosts' firewall alike: move it there",
    ],
    [
      "a type with other processors than the image",
      ec2With({}, { instanceType: "t3.small" }),
      /^ec2\.instanceType: t3\.small has processors of amd64, and ec2\.architecture is arm64: choose a type such as t4g\.small/,
    ],
    [
      "a key of another region",
      ec2With({}, { kmsKey: "arn:aws:kms:eu-west-1:123456789012:key/0123" }),
      /^ec2\.kmsKey: is a key of the region eu-west-1, and ec2\.region is eu-central-1/,
    ],
    [
      "an id of another kind",
      ec2With({}, { ami: "ami-latest" }),
      "ec2.ami: expected an id of AWS such as ami-0123456789abcdef0",
    ],
    [
      "a source that is neither network nor group",
      ec2With({}, { ssh: ["sg-web"] }),
      "ec2.ssh[0]: expected an id of AWS such as sg-0123456789abcdef0",
    ],
    [
      "a bastion whose key is not known",
      ec2With({}, { bastion: { host: "gate.example.com" } }),
      "ec2.bastion.hostKey: is missing",
    ],
  ];
  test.each(cases)("%s", (_, config, expected) => {
    const problems = problemsOf(config);
    if (typeof expected === "string") expect(problems).toEqual([expected]);
    else expect(problems).toEqual([expect.stringMatching(expected)]);
  });

  test("all of it at once, also what is missing", () => {
    const problems = problemsOf({ ...ec2Config(), ec2: { subnets: [two], ssh: ["0.0.0.0/0"] } });
    expect(problems.map((problem) => problem.split(":")[0])).toEqual([
      "ec2.ami",
      "ec2.region",
      "ec2.ssh[0]",
      "ec2.subnets[0].cidr",
      "ec2.vpc",
      "pairs[0].nodes[0].address",
      "pairs[0].nodes[1].address",
      "pairs[0].pool.machines[0].address",
      "pairs[0].vip.address",
    ]);
    expect(problems[0]).toBe(
      "ec2.ami: is missing: set the id of Debian 13's image for arm64 in this region, which npm run amis prints",
    );
  });
});
