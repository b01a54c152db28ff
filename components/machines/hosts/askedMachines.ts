import { isDeepStrictEqual } from "node:util";
import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Login } from "../../../render/hostFacts.ts";
import type { Host } from "../../../topology/hosts.ts";
import type { Topology } from "../../../topology/topology.ts";
import type { Machine } from "../machine.ts";
import { factProblems, type HostAnswers } from "./factProblems.ts";
import { factsCommand, type HostAnswer, parseFacts } from "./facts.ts";
import { packagesCommand } from "./packages.ts";

/** A host that answers SSH, and of which nothing more is known. */
export interface ReachedHost extends Pick<Machine, "connection" | "identity"> {
  readonly host: Host;
  /** For the very first command on it; absent: as for all others. */
  readonly firstConnection?: Machine["connection"];
}

/** A host that has been asked for its facts and has its packages. */
export interface AskedMachine extends Omit<Machine, "ready" | "takeOver"> {
  readonly packages: pulumi.Resource;
}

/** Asks every host for its facts, and only where no host has a problem, installs packages on the first. */
export function askedMachines(
  topology: Topology,
  reached: readonly ReachedHost[],
  parent: pulumi.Resource,
): readonly AskedMachine[] {
  const asked = reached.map(({ host, connection, firstConnection = connection, identity }) => {
    const { command, stdin } = factsCommand(topology, host);
    // What an answer is judged against: one that was given before that changed is asked for again.
    const judged = [command, ...judgedAgainst(topology)];
    const triggers = [identity, ...judged];
    const facts = new remote.Command(
      `${host.name}-facts`,
      { connection: firstConnection, create: command, stdin, triggers, addPreviousOutputInEnv: false },
      // A preview goes on with the earlier answer: without the interface's name it could show no host's files.
      { parent, ignoreChanges: pulumi.runtime.isDryRun() ? ["triggers", "create", "stdin"] : [] },
    );
    return pulumi.all([facts.stdout, facts.triggers, identity]).apply(([text, askedWith, own]) => {
      // An earlier answer, in a preview or of a host that the roll-out leaves out: it was judged when it was given.
      const isCurrent = isDeepStrictEqual(askedWith, [own, ...judged]);
      return { name: host.name, answer: parseFacts(text), isCurrent };
    });
  });
  const answers = pulumi.all(asked).apply((entries) => checked(topology, entries));
  return reached.map(({ host, connection, identity }) => {
    const { command, stdin } = packagesCommand(host);
    const packages = new remote.Command(
      `${host.name}-packages`,
      {
        connection,
        // Waits for the facts of every host.
        create: answers.apply(() => command),
        stdin,
        triggers: [identity],
        addPreviousOutputInEnv: false,
      },
      { parent },
    );
    const answer = answers.apply((all) => all[host.name]);
    return {
      name: host.name,
      connection,
      identity,
      interface: answer.apply((own) => topology.network.interface ?? own?.interfaces[0] ?? ""),
      login: answer.apply((own) => loginOf(host, own)),
      networkFile: answer.apply((own) => own?.networkFile),
      packages,
    };
  });
}

/** Everything of the config, besides what the hosts are asked for, on which `factProblems` depends. */
function judgedAgainst({ firewall, network, target }: Topology): readonly unknown[] {
  return [
    [...firewall.ssh],
    network.interface ?? "",
    target.kind === "hosts" ? [...target.takeOver] : [],
    [...network.management],
  ];
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
