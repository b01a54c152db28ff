import * as pulumi from "@pulumi/pulumi";
import type { Connection, StackOutputs } from "../../contract/stackOutputs.ts";
import type { AwsFacts, Login } from "../../render/hostFacts.ts";
import type { RollOut } from "../RollOut.ts";

/** A connection with the provider's own settings of how it dials. */
export interface DialledConnection extends Dialled<Omit<Connection, "proxy">> {
  readonly proxy?: Dialled<NonNullable<Connection["proxy"]>>;
}

type Dialled<Login> = Login & {
  /** Failed attempts before it gives up. */
  readonly dialErrorLimit: number;
  /** Seconds for one attempt. */
  readonly perDialTimeout: number;
};

/** A login as the provider dials it, with the same patience for the bastion. */
export function dialled(
  { proxy, ...login }: Connection,
  patience: Pick<DialledConnection, "dialErrorLimit" | "perDialTimeout">,
): DialledConnection {
  return { ...login, ...patience, ...(proxy && { proxy: { ...proxy, ...patience } }) };
}

/** A host that answers SSH. */
export interface Machine {
  readonly name: string;
  readonly connection: pulumi.Input<DialledConnection>;
  /** The interface that has the host's address. */
  readonly interface: pulumi.Input<string>;
  /** Where SSH logins arrive on it; absent: at its address, on port 22. */
  readonly login?: pulumi.Input<Login | undefined>;
  /** Name of networkd's file of that interface; absent where it has none. */
  readonly networkFile?: pulumi.Input<string | undefined>;
  /** What has to be there before the first delivery. */
  readonly ready?: readonly pulumi.Resource[];
  /** Services whose own config on the host may be replaced. */
  readonly takeOver?: readonly string[];
  /** Another one means a new machine, on which nothing is delivered yet: its public host key, or AWS's id. */
  readonly identity: pulumi.Input<string>;
  /** Present on a node of EC2. */
  readonly aws?: pulumi.Input<AwsFacts | undefined>;
}

/** A pair as it is reached from the machine on which `pulumi` runs. */
export interface Reach {
  /** `host:port` of the SQL front. */
  readonly sql: string;
  /** The same for the pool's port for sessions; absent where there is none. */
  readonly session?: string;
  /** `host:port` of stats, metrics and `/healthz`. */
  readonly stats: string;
  /** `host:port` of the edge, by HTTP and by HTTPS; absent where there is none. */
  readonly edge?: { readonly http: string; readonly https: string };
  /** `host:port` of the API of the routes; absent where there is none. */
  readonly routes?: string;
  /** `host:port` for SOCKS5 clients, by egress group. */
  readonly socks: Readonly<Record<string, string>>;
}

/** The on-host program as a file on the machine on which `pulumi` runs. */
export interface AgentProgram {
  readonly path: string;
  readonly sha256: string;
}

/** What a target gives a stack. */
export interface TargetMachines {
  /** By name, one for each host of the topology. */
  readonly machines: Readonly<Record<string, Machine>>;
  /** By pair; absent where the addresses of the network can be used as they are. */
  readonly reach: Readonly<Record<string, Reach>>;
  /** By pair: the public address that leads to its virtual one; absent where there is none. */
  readonly publicAddresses?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Delivers the hosts that the target has beside those of the pairs. */
  deliverHosts(program: AgentProgram, rollOut: RollOut): TargetHosts;
}

/** The hosts that a target has beside those of the pairs. */
export interface TargetHosts {
  /** What the pairs' nodes wait for. */
  readonly deliveries: readonly pulumi.Resource[];
  /** Certificate (PEM) that the egress checks trust besides the host's own store. Secret. */
  readonly egressAuthority?: pulumi.Output<string>;
  /** Further outputs of the stack. */
  readonly outputs: Declared<Pick<StackOutputs, "internet">>;
}

/** @throws pulumi.RunError where the target made no such machine. */
export function machineNamed(machines: TargetMachines["machines"], name: string): Machine {
  const machine = machines[name];
  if (!machine) throw new pulumi.RunError(`the target made no machine named ${name}`);
  return machine;
}

/** Outputs as a program declares them: each part may be known later. `T` is the plain value that a reader gets. */
export type Declared<T> = { readonly [Key in keyof T]: pulumi.Input<DeclaredPart<T[Key]>> };

type DeclaredPart<T> = T extends object ? Declared<T> : T;
