import { Eip } from "@pulumi/aws/ec2/eip.js";
import { Instance } from "@pulumi/aws/ec2/instance.js";
import { InternetGateway } from "@pulumi/aws/ec2/internetGateway.js";
import { KeyPair } from "@pulumi/aws/ec2/keyPair.js";
import { NatGateway } from "@pulumi/aws/ec2/natGateway.js";
import { NetworkInterface } from "@pulumi/aws/ec2/networkInterface.js";
import { Route } from "@pulumi/aws/ec2/route.js";
import { RouteTable } from "@pulumi/aws/ec2/routeTable.js";
import { RouteTableAssociation } from "@pulumi/aws/ec2/routeTableAssociation.js";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { Subnet } from "@pulumi/aws/ec2/subnet.js";
import { SubnetCidrReservation } from "@pulumi/aws/ec2/subnetCidrReservation.js";
import { Vpc } from "@pulumi/aws/ec2/vpc.js";
import { VpcEndpoint } from "@pulumi/aws/ec2/vpcEndpoint.js";
import { InstanceProfile } from "@pulumi/aws/iam/instanceProfile.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { SecurityGroupEgressRule } from "@pulumi/aws/vpc/securityGroupEgressRule.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import * as pulumi from "@pulumi/pulumi";

/** Every kind of resource that is made in AWS. Deep imports: the whole SDK costs 160 ms and 30 MB. */
const kinds = {
  vpc: Vpc,
  subnet: Subnet,
  internetGateway: InternetGateway,
  natGateway: NatGateway,
  routeTable: RouteTable,
  routeTableAssociation: RouteTableAssociation,
  route: Route,
  endpoint: VpcEndpoint,
  elasticIp: Eip,
  reservation: SubnetCidrReservation,
  securityGroup: SecurityGroup,
  ingressRule: SecurityGroupIngressRule,
  egressRule: SecurityGroupEgressRule,
  networkInterface: NetworkInterface,
  instance: Instance,
  keyPair: KeyPair,
  role: Role,
  rolePolicy: RolePolicy,
  instanceProfile: InstanceProfile,
};

type Kinds = typeof kinds;
type Kind = keyof Kinds;
type Args<K extends Kind> = NonNullable<ConstructorParameters<Kinds[K]>[1]>;

/** A resource before it is made. */
interface Planned<K extends Kind> {
  readonly name: string;
  readonly args: Args<K>;
  readonly opts: pulumi.CustomResourceOptions;
}

/** By kind: changes the arguments or options of every resource of that kind before it is made. */
export type Ec2Transform = { readonly [K in Kind]?: (planned: Planned<K>) => Planned<K> };

const untagged: ReadonlySet<Kind> = new Set([
  ...(["route", "routeTableAssociation", "reservation", "rolePolicy"] as const),
]);

export type Make = <K extends Kind>(
  kind: K,
  name: string,
  args: Args<K>,
  opts?: pulumi.CustomResourceOptions,
) => InstanceType<Kinds[K]>;

/** Makes resources as children of `parent`, each with a `Name` and as `transform` wants it. */
export function maker(parent: pulumi.Resource, transform: Ec2Transform): Make {
  return <K extends Kind>(kind: K, name: string, args: Args<K>, opts: pulumi.CustomResourceOptions = {}) => {
    const tags = { Name: `${pulumi.getStack()}-${name}` };
    const planned: Planned<K> = { name, args: untagged.has(kind) ? args : { tags, ...args }, opts };
    const change: Ec2Transform[K] = transform[kind];
    const changed = change ? change(planned) : planned;
    // TypeScript does not see that a kind's class and its arguments belong together.
    const Resource = kinds[kind] as unknown as new (
      name: string,
      args: Args<K>,
      opts: pulumi.CustomResourceOptions,
    ) => InstanceType<Kinds[K]>;
    return new Resource(changed.name, changed.args, pulumi.mergeOptions(changed.opts, { parent }));
  };
}
