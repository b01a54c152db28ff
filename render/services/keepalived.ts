import * as z from "zod";
import type { Node, Pair } from "../../topology/topology.ts";
import {
  addressTrackFile,
  egressTrackFile,
  trackFile,
  vrrpEvents,
  vrrpFile,
  whenEndedPath,
} from "../paths.ts";
import { file, template } from "../template.ts";

export const keepalivedUnit = "keepalived.service";
/** Contains `populated 1` while keepalived runs; every user may read it (cgroups(7)). */
export const keepalivedEvents = `/sys/fs/cgroup/system.slice/${keepalivedUnit}/cgroup.events`;

/** Tells keepalived whether the node has its own address. */
export const addressUnit = "hapair-address.service";

const dropInPath = `etc/systemd/system/${keepalivedUnit}.d/hapair.conf`;
const config = template(
  "etc/keepalived/keepalived.conf",
  z.strictObject({
    host: z.string(),
    pair: z.string(),
    version: z.int(),
    interface: z.string(),
    routerId: z.int(),
    priority: z.int(),
    /** Seconds. */
    advertInterval: z.number(),
    downTimerAdverts: z.int(),
    garpRefreshS: z.int(),
    address: z.string(),
    peers: z.array(z.string()).min(1),
    /** Addresses that a holder must have a route to. */
    reached: z.array(z.string()).min(1),
    virtualAddress: z.string(),
    trackFile: z.string(),
    addressTrackFile: z.string(),
    egressTrackFile: z.union([z.literal(false), z.string()]),
    /** Where AWS delivers the address: the script that writes down who holds it, and the FIFO that it reads. */
    state: z.union([z.literal(false), z.strictObject({ script: z.string(), events: z.string() })]),
  }),
);

const environment = template("etc/default/keepalived", z.strictObject({}));
const dropIn = template(
  dropInPath,
  z.strictObject({
    trackFile: z.string(),
    virtualAddress: z.string(),
    interface: z.string(),
    vrrpFile: z.union([z.literal(false), z.string()]),
    vrrpEvents: z.string(),
    whenEnded: z.string(),
  }),
);
const scriptPath = "etc/keepalived/state.sh";
const script = template(scriptPath, z.strictObject({ vrrpFile: z.string() }));
const watchPath = `etc/systemd/system/${addressUnit}`;
const watch = template(watchPath, z.strictObject({ address: z.string(), trackFile: z.string() }));

/** keepalived.conf, the drop-in of its unit, the file of options that would override it, and the unit that watches the node's own address. */
export function keepalivedFiles(pair: Pair, node: Node, device: string) {
  const { advertIntervalMs, ...vrrp } = pair.vrrp;
  const virtualAddress = pair.vip.address;
  const isAws = pair.vip.aws !== undefined;
  const peers = pair.nodes.filter((peer) => peer.name !== node.name).map((peer) => peer.address);
  const text = config({
    ...vrrp,
    host: node.name,
    pair: pair.name,
    interface: device,
    priority: node.priority,
    advertInterval: advertIntervalMs / 1000,
    address: node.address,
    peers,
    reached: [...peers, ...(pair.pool?.machines ?? []).map((machine) => machine.address)],
    virtualAddress,
    trackFile,
    addressTrackFile,
    egressTrackFile: movesForEgress(pair) && egressTrackFile,
    state: isAws && { script: `/${scriptPath}`, events: vrrpEvents },
  });
  return [
    file("etc/keepalived/keepalived.conf", text),
    file("etc/default/keepalived", environment({})),
    file(
      dropInPath,
      dropIn({
        trackFile,
        virtualAddress,
        interface: device,
        vrrpFile: isAws && vrrpFile,
        vrrpEvents,
        whenEnded: whenEndedPath,
      }),
    ),
    ...(isAws ? [file(scriptPath, script({ vrrpFile }), { mode: "0755" })] : []),
    file(watchPath, watch({ address: node.address, trackFile: addressTrackFile })),
  ];
}

/** Whether a node whose egress does not work gives the virtual address up. */
function movesForEgress({ egress }: Pair): boolean {
  return egress?.moveVip === true && egress.groups.some(({ essential }) => essential);
}
