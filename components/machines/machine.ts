import * as pulumi from "@pulumi/pulumi";
import type { Connection } from "../../contract/stackOutputs.ts";

/** A connection with the provider's own settings of how it dials. */
export interface DialledConnection extends Connection {
  /** Failed attempts before it gives up. */
  readonly dialErrorLimit: number;
  /** Seconds for one attempt. */
  readonly perDialTimeout: number;
}

/** A host that answers SSH; how it came to be is its target's affair. */
export interface Machine {
  readonly name: string;
  readonly connection: pulumi.Input<DialledConnection>;
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
