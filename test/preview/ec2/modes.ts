import { ec2Config } from "../../harness/testConfig.ts";
import { ec2With } from "../../unit/fixtures.ts";

export const eip = "eipalloc-0123456789abcdef0";
const one = { zone: "eu-central-1a", cidr: "10.0.1.0/24" };
const two = { zone: "eu-central-1b", cidr: "10.0.2.0/24" };
const overTwoZones = (vip: Record<string, unknown>, section: Record<string, unknown> = {}) => {
  const config = ec2With(vip, { subnets: [one, two], ...section }, { network: { cidr: "10.0.0.0/22" } });
  const [pair] = config.pairs as [Record<string, unknown>];
  const nodes = [
    { name: "haproxy1", address: "10.0.1.20" },
    { name: "haproxy2", address: "10.0.2.20" },
  ];
  return { ...config, pairs: [{ ...pair, nodes }] };
};
const existing = {
  vpc: { id: "vpc-0123456789abcdef0" },
  subnets: [{ ...one, id: "subnet-0123456789abcdef0" }],
  keyPair: "operators",
  api: "nat",
};
const publicVip = { address: "203.0.113.9", mode: "elastic-ip", elasticIp: eip };
const routedVip = { address: "172.31.255.1", mode: "route" };
/** Configs by how the virtual address is moved, and what is there already. */
export const modes = {
  "secondary-ip": ec2Config(),
  "secondary-ip-followed": ec2With({ elasticIp: "follow" }, { api: "public" }),
  "elastic-ip": overTwoZones(publicVip, { prebaked: true }),
  route: overTwoZones(routedVip),
  "in-a-vpc-that-exists": ec2With(routedVip, {
    ...existing,
    routeTables: ["rtb-0123456789abcdef0"],
    ssh: ["sg-0123456789abcdef0"],
    tags: { owner: "platform" },
    kmsKey: "arn:aws:kms:eu-central-1:123456789012:key/0123",
  }),
};
