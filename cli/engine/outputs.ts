import { execa } from "execa";
import { Failure } from "../../base/failure.ts";
import { StackOutputs } from "../../contract/stackOutputs.ts";
import { engineExecutable } from "../../tools/engine/environment.ts";
import { withAuthorities } from "../clients/authorities.ts";
import { upCommand } from "../config/stackConfig.ts";
import type { Home } from "../session/home.ts";
import type { StackProgram } from "./engineUp.ts";
import { stateEnvironment } from "./openStack.ts";
import { engineFailure } from "./passphrase.ts";

/** A stack's outputs, secrets in plain. Asks the CLI itself: a command that only reads needs no program. */
async function readOutputs(home: Home, stackName: string): Promise<Record<string, unknown>> {
  const { stdout, stderr, exitCode } = await execa(
    engineExecutable,
    ["stack", "output", "--json", "--show-secrets", "--stack", stackName],
    { cwd: home.work, env: stateEnvironment(home), reject: false },
  );
  if (exitCode === 0) return JSON.parse(stdout);
  if (stderr.includes("no stack named") || stderr.includes("no Pulumi.yaml")) throw notUp(stackName);
  throw engineFailure(new Error(stderr.trim()), { name: stackName, workspace: { workDir: home.work } });
}

/** @throws Failure for a stack that is not up. */
export async function outputsOf(home: Home, stackName: string): Promise<StackOutputs> {
  return withAuthorities(home, stackName, parseOutputs(stackName, await readOutputs(home, stackName)));
}

/** @throws Failure for a stack that is not up. */
export function parseOutputs(stackName: string, outputs: unknown): StackOutputs {
  const result = StackOutputs.safeParse(outputs);
  if (!result.success) throw notUp(stackName);
  return result.data;
}

function notUp(stackName: string): Failure {
  return new Failure(`the stack ${stackName} is not up: ${upCommand(stackName)}`);
}

/**
 * A stack's program whose outputs this process gets as soon as they are known, while the engine still runs. Asking the
 * CLI for them would take a fifth of the time of an `up` that has nothing to do.
 */
export function tapOutputs(program: StackProgram): {
  readonly program: StackProgram;
  /** The output `ssh`, known first; never resolved where the program fails. */
  readonly ssh: Promise<unknown>;
  /** All of them. */
  readonly outputs: Promise<unknown>;
} {
  const ssh = Promise.withResolvers<unknown>();
  const everything = Promise.withResolvers<unknown>();
  return {
    program: async () => {
      const { all } = await import("@pulumi/pulumi");
      const outputs = await program();
      all([outputs.ssh]).apply(([value]) => ssh.resolve(value));
      all([outputs]).apply(([values]) => everything.resolve(values));
      return outputs;
    },
    ssh: ssh.promise,
    outputs: everything.promise,
  };
}
