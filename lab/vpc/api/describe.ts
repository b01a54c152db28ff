import type { Account, NetworkInterface } from "../account.ts";
import { ApiError, notFound } from "./apiError.ts";
import type { Parameters } from "./parameters.ts";
import type { Xml } from "./xml.ts";

/** What the API shows, in the elements of its reference. */

const vpcId = "vpc-0a";
const subnetId = "subnet-0a";

export function describeNetworkInterfaces(account: Account, parameters: Parameters): Xml {
  const ids = parameters.list("NetworkInterfaceId");
  for (const id of ids) if (account.interface(id) === undefined) throw notFound("NetworkInterface", id);
  const found = account.interfaces.filter(({ id }) => ids.length === 0 || ids.includes(id));
  return { networkInterfaceSet: found.map((one) => shown(account, one)) };
}

function shown(account: Account, one: NetworkInterface): Xml {
  const associationOf = (address: string): Xml | undefined => {
    const elastic = account.elasticIps.find(({ association }) => association?.privateAddress === address);
    if (elastic?.association === undefined) return undefined;
    return {
      publicIp: elastic.address,
      ipOwnerId: account.spec.accountId,
      allocationId: elastic.allocationId,
      associationId: elastic.association.id,
    };
  };
  return {
    networkInterfaceId: one.id,
    subnetId,
    vpcId,
    availabilityZone: `${account.spec.region}a`,
    description: one.machine,
    ownerId: account.spec.accountId,
    requesterManaged: false,
    status: "in-use",
    macAddress: one.mac,
    privateIpAddress: one.address,
    sourceDestCheck: one.sourceDestCheck,
    groupSet: one.groups.map((groupName) => ({ groupId: `sg-${groupName}`, groupName })),
    attachment: {
      attachmentId: one.attachmentId,
      instanceId: one.instanceId,
      instanceOwnerId: account.spec.accountId,
      deviceIndex: 0,
      status: "attached",
      deleteOnTermination: false,
    },
    association: associationOf(one.address),
    privateIpAddressesSet: account.addressesOf(one).map((privateIpAddress) => ({
      privateIpAddress,
      primary: privateIpAddress === one.address,
      association: associationOf(privateIpAddress),
    })),
    interfaceType: "interface",
  };
}

export function describeAddresses(account: Account, parameters: Parameters): Xml {
  const ids = parameters.list("AllocationId");
  const addresses = parameters.list("PublicIp");
  const all = account.elasticIps;
  for (const id of ids)
    if (!all.some(({ allocationId }) => allocationId === id)) throw notFound("Allocation", id);
  for (const address of addresses)
    if (!all.some((elastic) => elastic.address === address))
      throw new ApiError("InvalidAddress.NotFound", `Address '${address}' not found.`);
  const isAsked = ({ allocationId, address }: (typeof all)[number]) =>
    ids.length + addresses.length === 0 || ids.includes(allocationId) || addresses.includes(address);
  return {
    addressesSet: all.filter(isAsked).map(({ address, allocationId, association }) => {
      const privateAddress = association?.privateAddress ?? "";
      const owner = account.interfaces.find((one) => account.addressesOf(one).includes(privateAddress));
      return {
        publicIp: address,
        allocationId,
        domain: "vpc",
        ...(association && {
          instanceId: owner?.instanceId,
          associationId: association.id,
          networkInterfaceId: owner?.id,
          networkInterfaceOwnerId: account.spec.accountId,
          privateIpAddress: privateAddress,
        }),
      };
    }),
  };
}

export function describeRouteTables(account: Account, parameters: Parameters): Xml {
  const ids = parameters.list("RouteTableId");
  for (const id of ids) if (!account.tables.has(id)) throw notFound("RouteTable", id);
  const found = [...account.tables].filter(([id]) => ids.length === 0 || ids.includes(id));
  return {
    routeTableSet: found.map(([routeTableId, routes], index) => ({
      routeTableId,
      vpcId,
      ownerId: account.spec.accountId,
      routeSet: [
        {
          destinationCidrBlock: account.spec.cidr,
          gatewayId: "local",
          state: "active",
          origin: "CreateRouteTable",
        },
        ...[...routes].map(([destinationCidrBlock, networkInterfaceId]) => ({
          destinationCidrBlock,
          instanceId: account.interface(networkInterfaceId)?.instanceId,
          instanceOwnerId: account.spec.accountId,
          networkInterfaceId,
          state: "active",
          origin: "CreateRoute",
        })),
      ],
      associationSet: [
        {
          routeTableAssociationId: `rtbassoc-${routeTableId.slice(4)}`,
          routeTableId,
          main: index === 0,
          ...(index > 0 && { subnetId }),
          associationState: { state: "associated" },
        },
      ],
      propagatingVgwSet: [],
      tagSet: [],
    })),
  };
}
