import type { Ec2Section, Ec2Subnet } from "../../../../topology/ec2.ts";
import { subnet } from "../../../../topology/ip.ts";
import type { Pair } from "../../../../topology/topology.ts";

/** What AWS says of something that the config names: it has it, it has not, or it did not say. */
export type Looked<Found> =
  | { readonly found: Found }
  | { readonly absent: string }
  | { readonly unknown: string };

/** What an account has of all that a config names. */
export interface AccountLook {
  readonly image: Looked<{
    readonly name: string;
    /** In AWS's terms: `arm64`, `x86_64`. */
    readonly architecture: string;
    /** Size of the disk that it was made from, GB. */
    readonly diskGb?: number | undefined;
  }>;
  readonly vpc?:
    | Looked<{
        readonly ranges: readonly string[];
        /** Whether names such as that of the EC2 API can be its own. */
        readonly hasPrivateNames: boolean;
      }>
    | undefined;
  /** At the places of `ec2.subnets`; undefined for those that are made. */
  readonly subnets: readonly (Looked<FoundSubnet> | undefined)[];
  /** By pair. */
  readonly elasticIps: Readonly<Record<string, Looked<{ readonly publicAddress: string }>>>;
  /** At the places of `ec2.routeTables`. */
  readonly routeTables: readonly Looked<{ readonly vpcId: string }>[];
  readonly keyPair?: Looked<unknown> | undefined;
}

interface FoundSubnet {
  readonly vpcId: string;
  readonly cidr: string;
  readonly zone: string;
}

export interface AccountProblem {
  readonly verdict: "wrong" | "unknown";
  /** One sentence that begins with the key of the config. */
  readonly text: string;
}
const wrong = (text: string): AccountProblem => ({ verdict: "wrong", text });
const unknown = (text: string): AccountProblem => ({ verdict: "unknown", text });

/** Everything that the config names in AWS and that is not there, or is other than it says. Pure. */
export function accountProblems(
  section: Ec2Section,
  pairs: readonly Pair[],
  look: AccountLook,
): readonly AccountProblem[] {
  const { region = "", ami = "", vpc, subnets, routeTables, keyPair } = section;
  const judge = <Found>(
    path: string,
    what: string,
    looked: Looked<Found> | undefined,
    problems: (found: Found) => readonly string[] = () => [],
  ): readonly AccountProblem[] => {
    if (looked === undefined) return [];
    if ("found" in looked) return problems(looked.found).map(wrong);
    if ("absent" in looked)
      return [
        wrong(`${path}: AWS has no ${what} in ${region} for this account: correct it (${looked.absent})`),
      ];
    return [unknown(`${path}: AWS does not say whether there is ${what}: ${looked.unknown}`)];
  };
  return [
    ...judge("ec2.ami", `image ${ami}`, look.image, (found) => imageProblems(section, found)),
    ...judge("ec2.vpc.id", `VPC ${vpc.id}`, look.vpc, (found) => vpcProblems(section, pairs, found)),
    ...subnets.flatMap((own, index) => {
      const path = `ec2.subnets[${index}]`;
      return judge(`${path}.id`, `subnet ${own.id}`, look.subnets[index], (found) =>
        subnetProblems(path, own, vpc.id, found),
      );
    }),
    ...routeTables.flatMap((id, index) => {
      const path = `ec2.routeTables[${index}]`;
      return judge(path, `route table ${id}`, look.routeTables[index], ({ vpcId }) =>
        vpcId === vpc.id
          ? []
          : [`${path}: ${id} is in ${vpcId}, and ec2.vpc.id is ${vpc.id}: name a table of that`],
      );
    }),
    ...judge("ec2.keyPair", `key pair ${keyPair}`, look.keyPair),
    ...pairs.flatMap((pair, index) => elasticIpOf(pair, `pairs[${index}].vip`, judge, look)),
  ];
}

function elasticIpOf(
  { name, vip }: Pair,
  path: string,
  judge: <Found>(
    path: string,
    what: string,
    looked: Looked<Found> | undefined,
    problems: (found: Found) => readonly string[],
  ) => readonly AccountProblem[],
  { elasticIps }: Pick<AccountLook, "elasticIps">,
): readonly AccountProblem[] {
  const { mode, elasticIp } = vip.aws ?? {};
  return judge(`${path}.elasticIp`, `Elastic IP ${elasticIp}`, elasticIps[name], ({ publicAddress }) =>
    mode !== "elastic-ip" || publicAddress === vip.address
      ? []
      : [
          `${path}.address: ${vip.address} is not the address of ${elasticIp}, which is ${publicAddress}: set that`,
        ],
  );
}

type Found<Key extends "image" | "vpc"> = Extract<NonNullable<AccountLook[Key]>, { found: unknown }>["found"];

function imageProblems({ ami, architecture, diskGb }: Ec2Section, found: Found<"image">): readonly string[] {
  const wanted = { arm64: "arm64", amd64: "x86_64" }[architecture];
  return [
    ...(found.architecture === wanted
      ? []
      : [
          `ec2.ami: ${ami} (${found.name}) is for processors of ${found.architecture}, and ec2.architecture is ${architecture}: npm run amis prints the image for it`,
        ]),
    ...(found.diskGb === undefined || found.diskGb <= diskGb
      ? []
      : [
          `ec2.diskGb: ${diskGb} GB is less than the ${found.diskGb} GB of ${ami} (${found.name}): set that or more`,
        ]),
  ];
}

function vpcProblems(
  { vpc: { id }, api }: Ec2Section,
  pairs: readonly Pair[],
  { ranges, hasPrivateNames }: Found<"vpc">,
): readonly string[] {
  return [
    // AWS refuses a route to one address inside any range of the VPC.
    ...pairs.flatMap(({ vip }, index) => {
      const inside = ranges.find((range) => subnet(range)?.contains(vip.address));
      if (vip.aws?.mode !== "route" || inside === undefined) return [];
      return [
        `pairs[${index}].vip.address: ${vip.address} is inside ${id}'s range ${inside}, where AWS takes no route to one address: choose one outside, such as 172.31.255.1`,
      ];
    }),
    ...(api === "endpoint" && !hasPrivateNames
      ? [
          `ec2.vpc.id: ${id} has enableDnsSupport or enableDnsHostnames off, and the endpoint of the EC2 API needs both: turn them on, or set ec2.api to nat`,
        ]
      : []),
  ];
}

function subnetProblems(
  path: string,
  { cidr, zone }: Pick<Ec2Subnet, "cidr" | "zone">,
  vpcId: string | undefined,
  found: FoundSubnet,
): readonly string[] {
  const pairs = [
    ["cidr", cidr, found.cidr],
    ["zone", zone, found.zone],
  ] as const;
  return [
    ...pairs.flatMap(([key, said, actual]) =>
      said === actual ? [] : [`${path}.${key}: ${said} is not the subnet's, which is ${actual}: set that`],
    ),
    ...(vpcId === found.vpcId
      ? []
      : [`${path}.id: is in ${found.vpcId}, and ec2.vpc.id is ${vpcId}: choose a subnet of that`]),
  ];
}

/** What IAM's simulation says; nothing for who may do everything. */
export type LookedPermissions = Looked<{ readonly principal: string; readonly denied: readonly string[] }>;

/** Permissions that whoever runs the commands lacks. Pure. */
export function permissionProblems(look: LookedPermissions): readonly AccountProblem[] {
  if (!("found" in look))
    return [
      unknown(
        `permissions in AWS are not checked beforehand, as IAM does not simulate them: ${"absent" in look ? look.absent : look.unknown}`,
      ),
    ];
  const { principal, denied } = look.found;
  if (denied.length === 0) return [];
  return [
    wrong(
      `AWS does not allow ${principal} ${[...denied].sort().join(", ")}: add these to its policy; where it allows them for some resources only, set ec2.checkPermissions to false`,
    ),
  ];
}

/** One action in IAM's simulation. One whose answer depends on the request says nothing here. */
export function isDenied({
  allowed,
  missingContextKeys,
}: {
  readonly allowed: boolean;
  readonly missingContextKeys: readonly string[];
}): boolean {
  return !allowed && missingContextKeys.length === 0;
}
