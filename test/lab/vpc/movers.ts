import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeAtomically } from "../../../base/files.ts";
import { AddressPage, type VrrpState } from "../../../contract/addressPage.ts";
import type { MoverConfig } from "../../../contract/moverConfig.ts";
import type { VpcSpecInput } from "../../../contract/vpc.ts";
import type { Vpc } from "../../../lab/vpc/vpc.ts";
import { allocationId, interfaceId, region, routeTableId, vpcAddresses } from "../../harness/vpcSpec.ts";
import { addresses, elasticIp, on, overlay, start, vip, vpcWith } from "./namespaces.ts";
import type { Told } from "./programs/mover.ts";
import { clients, itself, nodes, routedTo, rule, specOf, toApi } from "./spec.ts";

/** The agents' movers on bare machines, with keepalived's states written by hand. */

export type Node = (typeof nodes)[number];
const port = 8405;

export type Mode = MoverConfig["mode"];

/** What differs between the modes. */
interface OfMode {
  readonly address: string;
  /** What moves it. */
  readonly call: string;
  /** Keys of the mover's config. */
  readonly own:
    | { readonly mode: "secondary-ip" }
    | { readonly mode: "elastic-ip"; readonly allocationId: string }
    | { readonly mode: "route"; readonly routeTableIds: string[] };
  /** What the VPC has for it. */
  readonly more: Partial<VpcSpecInput>;
  /** Whether interfaces check source and destination. */
  readonly checked: boolean;
}

export const modes: Readonly<Record<Mode, OfMode>> = {
  "secondary-ip": {
    address: vip,
    call: "AssignPrivateIpAddresses",
    own: { mode: "secondary-ip" },
    more: {},
    checked: true,
  },
  "elastic-ip": {
    address: elasticIp,
    call: "AssociateAddress",
    own: { mode: "elastic-ip", allocationId },
    more: { elasticIps: [{ allocationId, address: elasticIp }] },
    checked: true,
  },
  route: {
    address: overlay,
    call: "ReplaceRoute",
    own: { mode: "route", routeTableIds: [routeTableId] },
    more: routedTo("a"),
    checked: false,
  },
};

export interface Movers {
  readonly vpc: Vpc;
  /** Writes what keepalived would write. */
  say(node: Node, state: VrrpState): void;
  /** What the agents say of themselves, in the order of the nodes; undefined for one that does not answer. */
  pages(): Promise<readonly (AddressPage | undefined)[]>;
  stop(): Promise<void>;
}

/** A VPC of this mode, and a mover on each node, both BACKUP. */
export async function openMovers(mode: Mode): Promise<Movers> {
  const { more, checked } = modes[mode];
  const asked = [rule("out", "tcp", itself, port), rule("in", "tcp", itself, port)];
  const vpc = await vpcWith(specOf(mode, [clients, ...toApi, ...asked], more, checked));
  const folder = mkdtempSync(join(tmpdir(), "hapair-mover-"));
  const say = (node: Node, state: VrrpState) => writeAtomically(join(folder, `${node}.vrrp`), `${state}\n`);
  for (const node of nodes) say(node, "BACKUP");
  const started = nodes.map((node) => start(node, "mover.ts", JSON.stringify(configOf(mode, node, folder))));
  const stops = await Promise.all(started);
  return {
    ...{ vpc, say },
    pages: () => Promise.all(nodes.map(pageOf)),
    stop: async () => {
      for (const stop of stops) await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configOf(mode: Mode, node: Node, folder: string): Told {
  const { address, own } = modes[mode];
  const other = nodes.find((one) => one !== node) ?? "a";
  return {
    mover: {
      ...own,
      address,
      privateAddress: addresses[node],
      region,
      endpoint: `https://${vpcAddresses.endpoint}`,
      interfaceId: interfaceId(node),
      closeSocket: join(folder, "nobody.sock"),
    },
    vrrpFile: join(folder, `${node}.vrrp`),
    stateFile: join(folder, `${node}.json`),
    peers: [{ name: other, address: addresses[other], port }],
    listen: [{ address: addresses[node], port }],
  };
}

async function pageOf(node: Node): Promise<AddressPage | undefined> {
  const url = `http://${addresses[node]}:${port}/address`;
  const { stdout } = await on(node, ["curl", "-s", "--max-time", "2", url]);
  return stdout === "" ? undefined : AddressPage.parse(JSON.parse(stdout));
}
