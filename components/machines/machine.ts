import type { types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

/** A host that answers SSH; how it came to be is its target's affair. */
export interface Machine {
  readonly name: string;
  readonly connection: pulumi.Input<types.input.remote.ConnectionArgs>;
  /** Its public host key: another key is another machine, on which nothing is yet. */
  readonly hostKey: pulumi.Input<string>;
}

/** Where the operator reaches a pair from where `pulumi` runs. */
export interface Reach {
  /** `host:port` of the SQL front. */
  readonly sql: string;
  /** `host:port` of stats, metrics and `/healthz`. */
  readonly stats: string;
  /** `host:port` for SOCKS5 clients, by egress group. */
  readonly socks: Readonly<Record<string, string>>;
}

/** What every target gives: the machines by name, and the way to each pair by its name. */
export interface Machines {
  readonly machines: Readonly<Record<string, Machine>>;
  readonly reach: Readonly<Record<string, Reach>>;
}

/** @throws pulumi.RunError where the target made no such machine. */
export function machineNamed(machines: Machines["machines"], name: string): Machine {
  const machine = machines[name];
  if (!machine) throw new pulumi.RunError(`the target made no machine named ${name}`);
  return machine;
}
