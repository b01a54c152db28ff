import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { shellWord } from "../base/commands.ts";
import { agentUnit } from "../contract/agentConfig.ts";
import { programPath } from "../contract/bundle.ts";
import { renderHost, renderShown } from "../render/bundle.ts";
import type { HostFacts } from "../render/hostFacts.ts";
import type { Secrets } from "../render/secrets.ts";
import type { Host } from "../topology/hosts.ts";
import type { Topology } from "../topology/topology.ts";
import type { AgentProgram, Machine } from "./machines/machine.ts";
import type { RollOut } from "./RollOut.ts";

export interface HostDeliveryArgs {
  readonly topology: Topology;
  readonly host: Host;
  readonly machine: Machine;
  readonly program: AgentProgram;
  readonly secrets: pulumi.Output<Secrets>;
  readonly rollOut: RollOut;
  /** What has to be live before this host applies its bundle. */
  readonly after?: readonly pulumi.Resource[];
}

/**
 * Moves one host to its bundle: program, check of the bundle, apply. A failed apply leaves the host on the bundle that it
 * had. Program and bundle are checked against their sha256 on the host.
 */
export class HostDelivery extends pulumi.ComponentResource {
  /** SHA-256 of the bundle that the host has accepted. */
  declare readonly sha256: pulumi.Output<string>;
  /** New for every delivery, also for that of a bundle that was delivered before. */
  declare readonly deliveryId: pulumi.Output<string>;

  constructor(
    name: string,
    { topology, host, machine, program, secrets, rollOut, after = [] }: HostDeliveryArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("hapair:index:HostDelivery", name, {}, opts);
    const { connection, identity, ready = [], takeOver = [] } = machine;
    // The resource does not notice that its installation removes the copy.
    const staged = `hapair-${program.sha256.slice(0, 16)}.cjs`;
    const copy = new remote.CopyToRemote(
      `${name}-program-copy`,
      {
        connection,
        source: new pulumi.asset.FileAsset(program.path),
        remotePath: staged,
        // A new machine has no copy. Its connection may be that of the one before, with address and host key.
        triggers: [identity],
      },
      { parent: this, dependsOn: [...ready] },
    );
    const install = new remote.Command(
      `${name}-program`,
      {
        connection,
        create: onHost("sh", "-euc", installProgram(staged, program.sha256)),
        addPreviousOutputInEnv: false,
        triggers: [identity],
      },
      { parent: this, dependsOn: copy },
    );
    const facts = pulumi.all([machine.interface, machine.login, machine.networkFile, machine.aws]).apply(
      ([device, login, networkFile, aws]): HostFacts => ({
        interface: device,
        login,
        networkFile,
        ...(aws && { aws }),
      }),
    );
    const bundle = pulumi
      .all([secrets, facts])
      .apply(([secrets, facts]) => renderHost(topology, host, secrets, facts));
    const sha256 = pulumi.unsecret(bundle.apply(({ sha256 }) => sha256));
    const sent = (verb: string, ...flags: readonly string[]) => ({
      connection,
      create: sha256.apply((sha256) => onHost("hapair", verb, "-", "--sha256", sha256, ...flags)),
      addPreviousOutputInEnv: false,
      stdin: pulumi.secret(bundle.apply(({ text }) => text)),
    });
    const check = new remote.Command(
      `${name}-check`,
      {
        ...sent("stage", ...takeOver.flatMap((service) => ["--take-over", service])),
        triggers: [identity, sha256],
      },
      { parent: this, dependsOn: install },
    );
    rollOut.add(check);
    // The holder keeps what it has until its peers have proven the bundle, and a new node waits for the holder; see
    // `BundleApply`.
    const flags = host.role === "node" ? ["--unless-holder", "--unless-new"] : [];
    const delivered = new remote.Command(
      `${name}-bundle`,
      {
        ...sent("apply", ...flags),
        // Not read by the command. The files are here so that a preview shows, one by one, what changes on this host;
        // the sha256, so that a changed secret too makes a new delivery with a new id; and as for the copy, the machine.
        triggers: [facts.apply((facts) => renderShown(topology, host, facts)), sha256, identity],
      },
      { parent: this, dependsOn: rollOut.checksAnd(after) },
    );
    this.deliveryId = delivered.id;
    // From the resource, not from the config: `pulumi up --target` may have left this host out.
    this.sha256 = pulumi.unsecret(delivered.triggers).apply((triggers): string => triggers?.[1]);
    this.registerOutputs({ sha256: this.sha256 });
  }
}

/** A pattern of the copies in the home of a host's login. */
export const copiedPrograms = "hapair-????????????????.cjs";

/**
 * Checks the copy, then renames it: a host never runs half a program. No copy stays. A running daemon restarts with a
 * changed program. A failure of that is a warning only, because the apply that follows proves the daemon.
 */
export function installProgram(staged: string, sha256: string): string {
  const target = `/${programPath}`;
  return [
    `if echo '${sha256}  ${target}' | sha256sum --check --status 2>/dev/null; then rm -f ${copiedPrograms}; exit 0; fi`,
    `echo '${sha256}  ${staged}' | sha256sum --check --quiet`,
    `install --mode=0755 ${staged} ${target}.new`,
    `mv --no-target-directory ${target}.new ${target}`,
    `rm -f ${copiedPrograms}`,
    `if ! systemctl --quiet is-active ${agentUnit}; then exit 0; fi`,
    `systemctl try-restart ${agentUnit} || echo 'warning: ${agentUnit} does not start with the new program: see journalctl -u ${agentUnit}' >&2`,
  ].join("\n");
}

/** Longer than any apply with its proof and a roll-back. */
const deadlineS = 180;
/** An apply that gets SIGTERM still rolls back. */
const rollBackS = 120;
/** Longer than {@link onHost} lets a command run. */
export const onHostMs = (deadlineS + rollBackS + 20) * 1000;

/**
 * A command that runs as root on a host, as a line for its shell. It has a deadline, so that it cannot hang the
 * roll-out. The exit status is the command's own, also after SIGTERM; 137 where it had to be killed.
 */
export function onHost(...command: readonly string[]): string {
  return ["sudo", ...withinDeadline(...command)].map(shellWord).join(" ");
}

/** The words of a command with that deadline. */
export function withinDeadline(...command: readonly string[]): readonly string[] {
  return ["timeout", "--preserve-status", `--kill-after=${rollBackS}`, String(deadlineS), ...command];
}

export interface BundleApplyArgs {
  readonly machine: Machine;
  readonly delivery: Pick<HostDelivery, "sha256" | "deliveryId">;
  /** Also on a node that is new to a running pair, whose holder knows it by now. */
  readonly isLast: boolean;
}

/**
 * A later pass of a roll-out on one node: applies the bundle that an earlier one left waiting. Does nothing where that has
 * applied it.
 */
export class BundleApply extends pulumi.ComponentResource {
  constructor(
    name: string,
    { machine, delivery, isLast }: BundleApplyArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("hapair:index:BundleApply", isLast ? `${name}-last` : name, {}, opts);
    const flags = isLast ? [] : ["--unless-new"];
    new remote.Command(
      `${name}-${isLast ? "join" : "apply"}`,
      {
        connection: machine.connection,
        addPreviousOutputInEnv: false,
        create: delivery.sha256.apply((sha256) => onHost("hapair", "apply", sha256, ...flags)),
        // A roll-out that failed half-way leaves no trace of its bundles in the state: an earlier bundle that is sent
        // again after it has to be applied again.
        triggers: [delivery.deliveryId],
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
