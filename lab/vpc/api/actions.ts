import ipaddr from "ipaddr.js";
import type { Account, NetworkInterface } from "../account.ts";
import { ApiError, notFound } from "./apiError.ts";
import { describeAddresses, describeNetworkInterfaces, describeRouteTables } from "./describe.ts";
import type { Parameters } from "./parameters.ts";
import type { Xml } from "./xml.ts";

/** One action of the EC2 API: what it touches, and what it does. */
export interface Action {
  /** Parameters that it knows; a number stands for each of a list. */
  readonly parameters: readonly string[];
  /** What the caller's policy has to allow, each as the part of an ARN after the account; none: `*`. */
  resources?(parameters: Parameters): readonly string[];
  run(account: Account, parameters: Parameters): Xml;
}

const interfaceOf = (account: Account, parameters: Parameters): NetworkInterface => {
  const id = parameters.required("NetworkInterfaceId");
  const found = account.interface(id);
  if (found === undefined) throw notFound("NetworkInterface", id);
  return found;
};

const assignPrivateIpAddresses: Action = {
  // The real one has no DryRun either.
  parameters: ["NetworkInterfaceId", "PrivateIpAddress.N", "AllowReassignment"],
  resources: (parameters) => [`network-interface/${parameters.required("NetworkInterfaceId")}`],
  run: (account, parameters) => {
    const to = interfaceOf(account, parameters);
    const addresses = parameters.list("PrivateIpAddress");
    if (addresses.length === 0)
      throw new ApiError("MissingParameter", "The request must contain the parameter privateIpAddress");
    for (const address of addresses) {
      assertAssignable(account, address);
      const owner = account.secondary.get(address);
      if (owner !== undefined && owner !== to.id && !parameters.flag("AllowReassignment"))
        throw new ApiError(
          "InvalidParameterValue",
          `[${address}] have been assigned to other interface, but move is not allowed.`,
        );
    }
    for (const address of addresses) account.assign(address, to);
    return {
      networkInterfaceId: to.id,
      assignedPrivateIpAddressesSet: addresses.map((privateIpAddress) => ({ privateIpAddress })),
      return: true,
    };
  },
};

/** The subnet's first four addresses and its last one are AWS's own; a primary address never moves. */
function assertAssignable({ spec, interfaces }: Account, address: string): void {
  const range = ipaddr.IPv4.parseCIDR(spec.cidr);
  const isInside = ipaddr.IPv4.isValidFourPartDecimal(address) && ipaddr.IPv4.parse(address).match(range);
  const last = ipaddr.IPv4.broadcastAddressFromCIDR(spec.cidr).toString();
  const first = numberOf(ipaddr.IPv4.networkAddressFromCIDR(spec.cidr).toString());
  if (!isInside || address === last || numberOf(address) - first < 4)
    throw new ApiError(
      "InvalidParameterValue",
      `Address ${address} does not fall within the subnet's address range or is reserved`,
    );
  if (interfaces.some((one) => one.address === address))
    throw new ApiError("InvalidParameterValue", `Address ${address} is the primary address of an interface`);
}

const associateAddress: Action = {
  parameters: ["AllocationId", "NetworkInterfaceId", "PrivateIpAddress", "AllowReassociation", "DryRun"],
  resources: (parameters) => [
    `elastic-ip/${parameters.required("AllocationId")}`,
    `network-interface/${parameters.required("NetworkInterfaceId")}`,
  ],
  run: (account, parameters) => {
    const to = interfaceOf(account, parameters);
    const id = parameters.required("AllocationId");
    const elastic = account.elasticIps.find(({ allocationId }) => allocationId === id);
    if (elastic === undefined) throw notFound("Allocation", id);
    const address = parameters.text("PrivateIpAddress") ?? to.address;
    if (!account.addressesOf(to).includes(address))
      throw new ApiError("InvalidParameterValue", `${address} is not an address of ${to.id}`);
    // In a VPC it is only refused where the caller says so.
    const isOther = elastic.association !== undefined && elastic.association.privateAddress !== address;
    if (isOther && parameters.text("AllowReassociation") === "false")
      throw new ApiError("Resource.AlreadyAssociated", `resource ${id} is already associated`);
    return { return: true, associationId: account.associate(elastic, to, address) };
  },
};

const replaceRoute: Action = {
  parameters: ["RouteTableId", "DestinationCidrBlock", "NetworkInterfaceId", "DryRun"],
  resources: (parameters) => [`route-table/${parameters.required("RouteTableId")}`],
  run: (account, parameters) => {
    const id = parameters.required("RouteTableId");
    const routes = account.tables.get(id);
    if (routes === undefined) throw notFound("RouteTable", id);
    const destination = parameters.required("DestinationCidrBlock");
    if (!routes.has(destination))
      throw new ApiError(
        "InvalidParameterValue",
        `There is no route defined for '${destination}' in the route table. Use CreateRoute instead.`,
      );
    account.replaceRoute(routes, destination, interfaceOf(account, parameters));
    return { return: true };
  },
};

/** What the project calls, and what shows its effect. */
export const actions: Readonly<Record<string, Action>> = {
  AssignPrivateIpAddresses: assignPrivateIpAddresses,
  AssociateAddress: associateAddress,
  ReplaceRoute: replaceRoute,
  DescribeNetworkInterfaces: {
    parameters: ["NetworkInterfaceId.N", "DryRun"],
    run: describeNetworkInterfaces,
  },
  DescribeAddresses: { parameters: ["AllocationId.N", "PublicIp.N", "DryRun"], run: describeAddresses },
  DescribeRouteTables: { parameters: ["RouteTableId.N", "DryRun"], run: describeRouteTables },
};

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}
