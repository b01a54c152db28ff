import { isDeepStrictEqual } from "node:util";
import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { programPath } from "../../../contract/bundle.ts";
import type { Connection } from "../../../contract/stackOutputs.ts";
import type { Login } from "../../../render/hostFacts.ts";
import { type Host, hostsOf } from "../../../topology/hosts.ts";
import type { Target, Topology } from "../../../topology/topology.ts";
import { copiedPrograms, withinDeadline } from "../../HostDelivery.ts";
import type { DialledConnection, Machine } from "../machine.ts";
import { factProblems, type HostAnswers } from "./factProblems.ts";
import { factsCommand, type HostAnswer, parseFacts } from "./facts.ts";
import { asRoot, packagesCommand } from "./packages.ts";

export interface ExistingHostsArgs {
  readonly target: Target<"hosts">;
  readonly topology: Topology;
  /** By host. */
  readonly connections: Readonly<Record<string, Connection>>;
}

/**
 * Machines that exist already. Each is asked for its facts, and only where no host has a problem, packages are installed
 * on the first. Destroying it gives the hosts back.
 */
export class ExistingHosts extends pulumi.ComponentResource {
  declare readonly machines: Readonly<Record<string, Machine>>;

  constructor(
    name: string,
    { target, topology, connections }: ExistingHostsArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("hapair:index:ExistingHosts", name, {}, opts);
    const hosts = hostsOf(topology).flatMap((host) => {
      const connection = connections[host.name];
      if (connection === undefined) return [];
      return [{ host, connection: pulumi.secret(dialled(connection)), hostKey: connection.hostKey }];
    });
    const asked = hosts.map(({ host, connection, hostKey }) => {
      const { command, stdin } = factsCommand(topology, host);
      // What an answer is judged against: one that was given before that changed is asked for again.
      const triggers = [hostKey, command, ...judgedAgainst(target, topology)];
      const facts = new remote.Command(
        `${host.name}-facts`,
        { connection, create: command, stdin, triggers, addPreviousOutputInEnv: false },
        // A preview goes on with the earlier answer: without the interface's name it could show no host's files.
        { parent: this, ignoreChanges: pulumi.runtime.isDryRun() ? ["triggers", "create", "stdin"] : [] },
      );
      return pulumi.all([facts.stdout, facts.triggers]).apply(([text, askedWith]) => {
        // An earlier answer, in a preview or of a host that the roll-out leaves out: it was judged when it was given.
        const isCurrent = isDeepStrictEqual(askedWith, triggers);
        return { name: host.name, answer: parseFacts(text), isCurrent };
      });
    });
    const answers = pulumi.all(asked).apply((entries) => checked(topology, entries));

    const machines = hosts.map(({ host, connection, hostKey }): Machine => {
      const { command, stdin } = packagesCommand(host);
      const packages = new remote.Command(
        `${host.name}-packages`,
        {
          connection,
          // Waits for the facts of every host.
          create: answers.apply(() => command),
          stdin,
          triggers: [hostKey],
          addPreviousOutputInEnv: false,
        },
        { parent: this },
      );
      // In the state before the first delivery: what an interrupted one has begun is given back too.
      const giveBack = new remote.Command(
        `${host.name}-give-back`,
        { connection, delete: giveBackCommand, addPreviousOutputInEnv: false },
        { parent: this, dependsOn: packages },
      );
      const answer = answers.apply((all) => all[host.name]);
      return {
        name: host.name,
        connection,
        hostKey,
        interface: answer.apply((own) => topology.network.interface ?? own?.interfaces[0] ?? ""),
        login: answer.apply((own) => loginOf(host, own)),
        ready: [giveBack],
        takeOver: target.takeOver,
      };
    });
    this.machines = Object.fromEntries(machines.map((machine) => [machine.name, machine]));
    this.registerOutputs({});
  }
}

/** Gives a host back, for its shell. The program comes with the first delivery. */
export const giveBackCommand = [
  `rm -f ${copiedPrograms}`,
  asRoot(...withinDeadline("sh", "-c", `if [ -x /${programPath} ]; then exec /${programPath} give-back; fi`)),
].join("\n");

/** Everything of the config, besides what the hosts are asked for, on which `factProblems` depends. */
function judgedAgainst(target: Target<"hosts">, { firewall, network }: Topology): readonly unknown[] {
  return [[...firewall.ssh], network.interface ?? "", [...target.takeOver]];
}

interface GivenAnswer {
  readonly name: string;
  readonly answer: HostAnswer;
  /** Whether it was given for this config. */
  readonly isCurrent: boolean;
}

/** @throws pulumi.RunError with every problem of every host whose answer is current */
export function checked(topology: Topology, given: readonly GivenAnswer[]): HostAnswers {
  const byHost = (entries: readonly GivenAnswer[]) =>
    Object.fromEntries(entries.map(({ name, answer }) => [name, answer] as const));
  const problems = factProblems(topology, byHost(given.filter(({ isCurrent }) => isCurrent)));
  if (problems.length > 0)
    throw new pulumi.RunError(
      `${problems.join("\n")}\nThe stack keeps these answers: once that is mended on a host, pulumi up --replace '**::HOST-facts' asks it again`,
    );
  return byHost(given);
}

/** Where logins arrive, if that is not where the firewall expects them anyway. */
function loginOf({ address }: Host, answer: HostAnswer | undefined): Login | undefined {
  const login = answer?.login;
  if (login?.interface === undefined) return undefined;
  if (login.address === address && login.port === 22) return undefined;
  return { interface: login.interface, address: login.address, port: login.port };
}

function dialled({ proxy, ...login }: Connection): DialledConnection {
  const limits = { dialErrorLimit: 3, perDialTimeout: 10 };
  return { ...login, ...limits, ...(proxy && { proxy: { ...proxy, ...limits } }) };
}
