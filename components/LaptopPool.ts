import { join } from "node:path";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { shellWord } from "../base/commands.ts";
import { renderLaptop, renderShownLaptop } from "../render/laptop.ts";
import type { Secrets } from "../render/secrets.ts";
import type { PoolHost } from "../topology/hosts.ts";
import type { Topology } from "../topology/topology.ts";
import type { RollOut } from "./RollOut.ts";

export interface LaptopPoolArgs {
  readonly topology: Topology;
  readonly laptop: PoolHost;
  readonly secrets: pulumi.Output<Secrets>;
  readonly rollOut: RollOut;
}

/**
 * The pool on this machine, in containers. Its bundle is checked and applied as that of a host, by a program of the
 * project in place of the host's own. Destroying it removes the containers and PostgreSQL's data.
 */
export class LaptopPool extends pulumi.ComponentResource {
  /** SHA-256 of the bundle that is live. */
  declare readonly sha256: pulumi.Output<string>;

  constructor(
    name: string,
    { topology, laptop, secrets, rollOut }: LaptopPoolArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("hapair:index:LaptopPool", name, {}, opts);
    const owner = ["--stack", pulumi.getStack()];
    // Never replaced: its removal takes the data with it.
    const made = new local.Command(
      laptop.name,
      { delete: verb("down", ...owner), logging: "stderr", addPreviousOutputInEnv: false },
      { parent: this },
    );
    const bundle = secrets.apply((secrets) => renderLaptop(laptop, secrets));
    const sha256 = pulumi.unsecret(bundle.apply(({ sha256 }) => sha256));
    const sent = (word: string) => ({
      create: sha256.apply((sha256) => verb(word, "-", "--sha256", sha256, ...owner)),
      stdin: pulumi.secret(bundle.apply(({ text }) => text)),
      logging: "stderr" as const,
      addPreviousOutputInEnv: false,
    });
    const check = new local.Command(
      `${laptop.name}-check`,
      { ...sent("stage"), triggers: [sha256] },
      { parent: this, dependsOn: made },
    );
    rollOut.add(check);
    const applied = new local.Command(
      `${laptop.name}-bundle`,
      // As that of a host: the files for a preview, the sha256 for a changed secret.
      { ...sent("apply"), triggers: [renderShownLaptop(topology, laptop), sha256] },
      { parent: this, dependsOn: rollOut.checksAnd([made]) },
    );
    this.sha256 = pulumi.unsecret(applied.triggers).apply((triggers): string => triggers?.[1]);
    this.registerOutputs({ sha256: this.sha256 });
  }
}

function verb(...words: readonly string[]): string {
  const program = join(import.meta.dirname, "../laptop/main.ts");
  return [process.execPath, program, ...words].map(shellWord).join(" ");
}
