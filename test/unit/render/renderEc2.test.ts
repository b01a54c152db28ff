import { describe, expect, test } from "vitest";
import { moverConfigPath } from "../../../contract/moverConfig.ts";
import { renderHost, renderShown, unitsOf } from "../../../render/bundle.ts";
import type { HostFacts } from "../../../render/hostFacts.ts";
import { packagesOf } from "../../../render/roles/roles.ts";
import { masked } from "../../../render/secrets.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { ec2Config, hostsConfig } from "../../harness/testConfig.ts";
import { ec2With } from "../fixtures.ts";

const eip = "eipalloc-0123456789abcdef0";
const facts: HostFacts = {
  interface: "ens5",
  aws: { interfaceId: "eni-0123456789abcdef0", allocationId: eip, routeTableIds: ["rtb-01", "rtb-02"] },
};
const shown = (config: unknown, name = "haproxy1") => {
  const topology = parseTopology(config);
  const host = hostsOf(topology).find((host) => host.name === name);
  if (!host) throw new Error(`no host ${name}`);
  return { files: renderShown(topology, host, facts), units: unitsOf(host), topology, host };
};
const textOf = (files: Readonly<Record<string, string>>, path: string): string => {
  const text = files[path];
  if (text === undefined) throw new Error(`no file ${path}: ${Object.keys(files).join(", ")}`);
  return text;
};
const moverOf = (config: unknown): unknown => JSON.parse(textOf(shown(config).files, moverConfigPath));

const topology = parseTopology(ec2Config());
describe.each(hostsOf(topology).map((host) => [host.name, host] as const))("%s on EC2", (name, host) => {
  test.each(Object.entries(renderShown(topology, host, facts)))(
    "%s is the golden file",
    async (path, text) => {
      await expect(text).toMatchFileSnapshot(`../golden/ec2/${name}/${path}`);
    },
  );
});

const publicVip = { address: "203.0.113.9", mode: "elastic-ip", elasticIp: eip };
const routedVip = { address: "172.31.255.1", mode: "route" };
const modes = {
  "secondary-ip": ec2With({}),
  "elastic-ip": ec2With(publicVip, { prebaked: true }),
  route: ec2With(routedVip),
} as const;

describe.each(Object.entries(modes))("a node of the mode %s", (mode, config) => {
  const { files, units, host } = shown(config);

  test("has no address of keepalived's, but its state in a file that ends with it", () => {
    const keepalived = textOf(files, "etc/keepalived/keepalived.conf");
    expect(keepalived).toContain("    no_virtual_ipaddress\n");
    expect(keepalived).not.toMatch(/^ +virtual_ipaddress|notify_(master|backup|fault|stop)/m);
    const unit = textOf(files, "etc/systemd/system/keepalived.service.d/hapair.conf");
    expect(unit).toContain("ExecStopPost=-/usr/bin/rm -f /run/hapair/vrrp /run/hapair/vrrp-events\n");
    // keepalived leaves a FIFO that it has found, and one that it had when it was killed is found.
    expect(unit).toContain("ExecStartPre=-/usr/bin/rm -f /run/hapair/vrrp /run/hapair/vrrp-events\n");
    expect(unit).not.toContain("address delete");
  });

  test("tells the agent where that state is, in each of its files", () => {
    for (const path of ["etc/hapair/agent.json", "etc/hapair/egress.json"])
      expect(textOf(files, path)).toContain('"/run/hapair/vrrp"');
  });

  test("ends clients' connections at the address where they arrive, on the pair's ports alone", () => {
    const served = mode === "elastic-ip" ? "10.0.1.20" : mode === "route" ? "172.31.255.1" : "10.0.1.100";
    expect(textOf(files, "etc/systemd/system/hapair-close@.service")).toContain(
      `state connected "src ${served} and ( sport = :5432 or sport = :8404 )" > /dev/null && echo done'\n`,
    );
    expect(textOf(files, "etc/haproxy/haproxy.cfg")).toContain(`bind ${served}:5432 transparent\n`);
    expect(textOf(files, "etc/ufw/user.rules")).toContain(`-p tcp --dport 5432 -d ${served} -s 10.0.1.10/32`);
    expect(units).toContain("hapair-close.socket");
  });

  test("asks AWS over TLS with the host's own authorities", () => {
    expect(packagesOf(host)).toContain("ca-certificates");
  });
});

test("a node keeps a private address on loopback whether it holds it or not, and a public one nowhere", () => {
  const unitsIn = (mode: keyof typeof modes) => shown(modes[mode]).units.filter((unit) => /vip/.test(unit));
  expect(unitsIn("secondary-ip")).toEqual(["hapair-vip@10.0.1.100.service"]);
  expect(unitsIn("route")).toEqual(["hapair-vip@172.31.255.1.service"]);
  expect(unitsIn("elastic-ip")).toEqual([]);
  for (const name of ["haproxy1", "haproxy2"])
    expect(shown(modes["secondary-ip"], name).units).toContain("hapair-vip@10.0.1.100.service");
});

test("the mover knows its own interface, and what AWS moves in its mode", () => {
  const common = {
    privateAddress: "10.0.1.20",
    region: "eu-central-1",
    interfaceId: "eni-0123456789abcdef0",
  };
  expect(moverOf(modes["secondary-ip"])).toMatchObject({ ...common, address: "10.0.1.100" });
  expect(moverOf(modes["secondary-ip"])).not.toHaveProperty("allocationId");
  expect(moverOf(modes["elastic-ip"])).toMatchObject({
    ...common,
    address: "203.0.113.9",
    allocationId: eip,
  });
  expect(moverOf(modes.route)).toMatchObject({
    ...common,
    mode: "route",
    routeTableIds: ["rtb-01", "rtb-02"],
  });
  const followed = ec2With({ elasticIp: "follow" }, { api: "public" });
  expect(moverOf(followed)).toMatchObject({ mode: "secondary-ip", allocationId: eip });
});

test("no other host and no other target has a file of the mover's", () => {
  expect(
    Object.keys(shown(ec2Config(), "db1").files).filter((path) => /mover|vip|close|state\.sh/.test(path)),
  ).toEqual([]);
  const hosts = parseTopology(hostsConfig());
  for (const host of hostsOf(hosts)) {
    const files = renderShown(hosts, host, { interface: "ens5" });
    expect(Object.keys(files).filter((path) => /mover|vip|close|state\.sh/.test(path))).toEqual([]);
    expect(JSON.stringify(files)).not.toContain("/run/hapair/vrrp");
  }
});

test("files for people show where AWS's ids will stand, before there are any", () => {
  const { topology, host } = shown(ec2Config());
  expect(renderShown(topology, host)[moverConfigPath]).toContain('"interfaceId": "[eni]"');
  const bundle = renderHost(topology, host, masked(topology), facts);
  expect(bundle.text).toContain("eni-0123456789abcdef0");
});
