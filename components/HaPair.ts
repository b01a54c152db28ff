import * as pulumi from "@pulumi/pulumi";
import { hostsOfPair, laptopOf } from "../topology/hosts.ts";
import type { Wireproxies } from "../topology/secrets/wireproxy.ts";
import { type Pair, sqlHostOf, type Topology } from "../topology/topology.ts";
import type { PairCertificates } from "./certificates.ts";
import { BundleApply, HostDelivery } from "./HostDelivery.ts";
import { LaptopPool } from "./LaptopPool.ts";
import {
  type AgentProgram,
  machineNamed,
  type TargetHosts,
  type TargetMachines,
} from "./machines/machine.ts";
import { PgBouncerPool } from "./PgBouncerPool.ts";
import { type Passwords, renderSecrets, secretUrl } from "./passwords.ts";
import type { RollOut } from "./RollOut.ts";
import type { RoutesAccess } from "./routesAccess.ts";

export interface HaPairArgs {
  readonly topology: Topology;
  readonly pair: Pair;
  readonly machines: TargetMachines["machines"];
  readonly program: AgentProgram;
  readonly passwords: Passwords;
  /** Configs of the proxies that the nodes run themselves. */
  readonly wireproxies?: Wireproxies;
  readonly certificates: PairCertificates;
  /** Absent without routes. */
  readonly routes?: RoutesAccess | undefined;
  /** Key of the service that names nodes; absent without `edge.updates`. */
  readonly updateKey?: string | undefined;
  /** The target's own hosts: up before the nodes, which depend on them. */
  readonly targetHosts: TargetHosts;
  readonly rollOut: RollOut;
}

/**
 * HAProxy nodes that share one virtual address, and the pool behind them. The roll-out goes backup first: in a first
 * pass every node applies its bundle unless it holds the address, in a second the holder follows. Each node checks
 * whether it is the holder when its turn comes; a bundle that fails on a backup never reaches the holder. A node that is
 * new to a running pair applies its bundle last: the holder has to know it, or both would have the address.
 */
export class HaPair extends pulumi.ComponentResource {
  declare readonly vip: pulumi.Output<string>;
  /** `host:port` of each node's stats, by node: the holder answers on the virtual address too. */
  declare readonly endpoints: pulumi.Output<Record<string, string>>;
  /** URL by which an application connects through the virtual address, with its password. Secret. */
  declare readonly databaseUrl: pulumi.Output<string> | undefined;
  /** The same for the port where a session keeps its state; absent without `pool.session`. Secret. */
  declare readonly sessionUrl: pulumi.Output<string> | undefined;
  /** SHA-256 of each host's bundle, by host. */
  declare readonly bundles: pulumi.Output<Record<string, string>>;

  constructor(
    name: string,
    {
      topology,
      pair,
      machines,
      program,
      passwords,
      wireproxies,
      certificates,
      routes,
      updateKey,
      targetHosts,
      rollOut,
    }: HaPairArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("hapair:index:HaPair", name, {}, opts);
    const hosts = hostsOfPair(pair);
    const secrets = renderSecrets(passwords, {
      egressAuthority: targetHosts.egressAuthority,
      wireproxies,
      certificates,
      routes,
      updateKey,
    });

    const poolHosts = hosts.filter((host) => host.role === "pool");
    const poolArgs = { topology, hosts: poolHosts, machines, program, secrets, rollOut };
    const pools = poolHosts.length > 0 ? [new PgBouncerPool(`${name}-pool`, poolArgs, { parent: this })] : [];
    const laptop = laptopOf(pair);
    const laptops = laptop
      ? [
          {
            host: laptop,
            delivery: new LaptopPool(
              `${name}-pool`,
              { topology, laptop, secrets, rollOut },
              { parent: this },
            ),
          },
        ]
      : [];
    const after = [...targetHosts.deliveries, ...pools, ...laptops.map(({ delivery }) => delivery)];
    const deliveries = hosts
      .filter((host) => host.role === "node")
      .map((host) => {
        const machine = machineNamed(machines, host.name);
        const delivery = new HostDelivery(
          host.name,
          { topology, host, machine, program, secrets, rollOut, after },
          { parent: this },
        );
        return { host, machine, delivery };
      });
    // One node after another, so that no two reload at once, even if the address moves meanwhile.
    const settled = deliveries.reduce<pulumi.Resource[]>(
      (before, { host, machine, delivery }) => [
        new BundleApply(host.name, { machine, delivery, isLast: false }, { parent: this, dependsOn: before }),
      ],
      deliveries.map(({ delivery }) => delivery),
    );
    for (const { host, machine, delivery } of deliveries)
      new BundleApply(host.name, { machine, delivery, isLast: true }, { parent: this, dependsOn: settled });

    const { vip, haproxy, pool, nodes } = pair;
    this.vip = pulumi.output(vip.address);
    this.endpoints = pulumi.output(
      Object.fromEntries(nodes.map((node) => [node.name, `${node.address}:${haproxy.statsPort}`])),
    );
    const urlAt = (port: number | undefined) =>
      pool && port !== undefined
        ? secretUrl(pool, passwords.database, `${sqlHostOf(pair)}:${port}`)
        : undefined;
    this.databaseUrl = urlAt(haproxy.port);
    this.sessionUrl = urlAt(pool?.session?.port);
    const delivered = [...pools.flatMap((pool) => pool.deliveries), ...laptops, ...deliveries];
    this.bundles = pulumi
      .all(
        delivered.map(({ host, delivery }) =>
          delivery.sha256.apply((sha256) => [host.name, sha256] as const),
        ),
      )
      .apply((entries) => Object.fromEntries(entries));
    this.registerOutputs({
      vip: this.vip,
      endpoints: this.endpoints,
      databaseUrl: this.databaseUrl,
      sessionUrl: this.sessionUrl,
      bundles: this.bundles,
    });
  }
}
