import type { MoverConfig, MoverConfigOf } from "../../../contract/moverConfig.ts";
import type { Ec2 } from "../../aws/ec2.ts";
import { entries, type Metadata } from "../../aws/metadata.ts";
import { addressesWith, findInterface, type NetworkInterface } from "../../aws/networkInterface.ts";
import type { Phase } from "./decide.ts";

/** How AWS is told to deliver the address to this node. Nothing here ever takes it off a node that keeps it. */
export interface Mode {
  /** Whether AWS delivers the address to this node. */
  look(): Promise<boolean>;
  /** Least time between two looks, ms. */
  readonly lookEveryMs: Readonly<Record<Phase, number>>;
  /**
   * Asks AWS to deliver the address to this node; resolves when AWS accepts, before it takes effect. Idempotent. Rejects
   * with the first failure, after everything was asked for.
   */
  move(): Promise<void>;
  /** How many calls of the EC2 API that takes. */
  readonly callsOfMove: number;
  /** Mends, on the node that has the address, what has to stay with it. */
  follow?(): Promise<void>;
}

export function openMode(config: MoverConfig, metadata: Metadata, ec2: Ec2): Mode {
  let found: NetworkInterface | undefined;
  const own = async (): Promise<NetworkInterface> => {
    found ??= await findInterface(metadata, { id: config.interfaceId, address: config.privateAddress });
    return found;
  };
  switch (config.mode) {
    case "secondary-ip":
      return secondaryIp(config, { metadata, ec2, own });
    case "elastic-ip":
      return elasticIp(config, { metadata, ec2, own });
    case "route":
      return route(config, { ec2, own });
  }
}

interface Needs {
  readonly metadata: Metadata;
  readonly ec2: Ec2;
  own(): Promise<NetworkInterface>;
}

/** The metadata service is on this host and takes a few ms. */
const everyTurn = { idle: 0, losing: 0, holding: 0, confirming: 0, waiting: 0 };

function secondaryIp(
  { address, privateAddress, allocationId }: MoverConfigOf<"secondary-ip">,
  { metadata, ec2, own }: Needs,
): Mode {
  const mode: Mode = {
    lookEveryMs: everyTurn,
    callsOfMove: 1,
    look: async () => {
      const { folder } = await own();
      return (await addressesWith(metadata, { folder, address: privateAddress })).includes(address);
    },
    move: async () => {
      const { id } = await own();
      const parameters = {
        NetworkInterfaceId: id,
        "PrivateIpAddress.1": address,
        AllowReassignment: "true",
      };
      await ec2.call("AssignPrivateIpAddresses", parameters, "move");
    },
  };
  if (allocationId === undefined) return mode;
  return {
    ...mode,
    // An Elastic IP moves with its private address; this is for one that was taken off by hand.
    follow: async () => {
      const { id, folder } = await own();
      const associations = `${folder}ipv4-associations/`;
      for (const elastic of entries(await metadata.read(associations)))
        if (entries(await metadata.read(`${associations}${elastic}`)).includes(address)) return;
      const parameters = {
        AllocationId: allocationId,
        NetworkInterfaceId: id,
        PrivateIpAddress: address,
        AllowReassociation: "true",
      };
      await ec2.call("AssociateAddress", parameters);
    },
  };
}

function elasticIp(
  { address, privateAddress, allocationId }: MoverConfigOf<"elastic-ip">,
  { metadata, ec2, own }: Needs,
): Mode {
  return {
    lookEveryMs: everyTurn,
    callsOfMove: 1,
    look: async () => {
      const { folder } = await own();
      const text = await metadata.read(`${folder}public-ipv4s`);
      const addresses = entries(text);
      if (addresses.length > 0) return addresses.includes(address);
      if (text !== undefined) throw new Error("the metadata service has an empty list of public addresses");
      // The list is absent while the interface has no public address, and where nothing is right.
      await addressesWith(metadata, { folder, address: privateAddress });
      return false;
    },
    move: async () => {
      const { id } = await own();
      const parameters = {
        AllocationId: allocationId,
        NetworkInterfaceId: id,
        PrivateIpAddress: privateAddress,
        AllowReassociation: "true",
      };
      await ec2.call("AssociateAddress", parameters, "move");
    },
  };
}

function route(
  { address, routeTableIds }: MoverConfigOf<"route">,
  { ec2, own }: Pick<Needs, "ec2" | "own">,
): Mode {
  const destination = `${address}/32`;
  const tables = Object.fromEntries(routeTableIds.map((id, index) => [`RouteTableId.${index + 1}`, id]));
  return {
    // Each look is a call of the API, and counts towards its limits.
    lookEveryMs: { idle: 30_000, losing: 2000, holding: 10_000, confirming: 500, waiting: 10_000 },
    callsOfMove: routeTableIds.length,
    look: async () => {
      const { id } = await own();
      const xml = await ec2.call("DescribeRouteTables", tables);
      const missing = routeTableIds.filter((table) => !xml.includes(`<routeTableId>${table}</routeTableId>`));
      if (missing.length > 0)
        throw new Error(
          `the EC2 API says nothing of ${missing.join(", ")}: run \`pulumi refresh\` and \`pulumi up\` on the stack`,
        );
      const here = innermostItems(xml).filter(
        (item) =>
          item.includes(`<destinationCidrBlock>${destination}</destinationCidrBlock>`) &&
          item.includes(`<networkInterfaceId>${id}</networkInterfaceId>`),
      );
      // A table has one route to a destination.
      return here.length === routeTableIds.length;
    },
    move: async () => {
      const { id } = await own();
      const route = { DestinationCidrBlock: destination, NetworkInterfaceId: id };
      // A table that is not there any more must not keep the others from leading here.
      const moves = await Promise.allSettled(
        routeTableIds.map((table) => ec2.call("ReplaceRoute", { RouteTableId: table, ...route }, "move")),
      );
      for (const move of moves) if (move.status === "rejected") throw move.reason;
    },
  };
}

/** The items of EC2's XML that hold no further items, such as the routes of all tables. */
function innermostItems(xml: string): readonly string[] {
  return xml.split("<item>").flatMap((part) => {
    const end = part.indexOf("</item>");
    return end < 0 ? [] : [part.slice(0, end)];
  });
}
