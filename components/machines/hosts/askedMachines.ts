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
  const asked = reached.map(({ host, connection, identity }) => {
    const { command, stdin } = factsCommand(host);
    const facts = new remote.Command(
      `${host.name}-facts`,
      { connection, create: command, stdin, triggers: [identity], addPreviousOutputInEnv: false },
      { parent },
    );
    return facts.stdout.apply((text) => [host.name, parseFacts(text)] as const);
  });
  const answers = pulumi.all(asked).apply((entries) => checked(topology, Object.fromEntries(entries)));
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
      packages,
    };
  });
}

/** @throws pulumi.RunError with every problem of every host */
function checked(topology: Topology, answers: HostAnswers): HostAnswers {
  const problems = factProblems(topology, answers);
  if (problems.length > 0) throw new pulumi.RunError(problems.join("\n"));
  return answers;
}

/** Where logins arrive, if that is not where the firewall expects them anyway. */
function loginOf({ address }: Host, answer: HostAnswer | undefined): Login | undefined {
  const login = answer?.login;
  if (login?.interface === undefined) return undefined;
  if (login.address === address && login.port === 22) return undefined;
  return { interface: login.interface, address: login.address, port: login.port };
}
