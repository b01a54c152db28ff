import { execa } from "execa";
import * as z from "zod";
import { Connection } from "../../contract/stackOutputs.ts";
import { engineExecutable } from "../../tools/engine/environment.ts";
import type { Home } from "../session/home.ts";
import { hostsToGiveBack } from "./hostResources.ts";
import { stateEnvironment } from "./openStack.ts";
import { engineFailure } from "./passphrase.ts";

/** A stack's state as the engine exports it, with its secrets in plain. */
const Deployment = z.looseObject({
  resources: z
    .array(
      z.looseObject({
        urn: z.string(),
        inputs: z.optional(z.looseObject({})),
        dependencies: z.nullish(z.array(z.string())),
        propertyDependencies: z.nullish(z.record(z.string(), z.nullable(z.array(z.string())))),
      }),
    )
    .default([]),
});

/** Asks the CLI itself, as a command that needs no program. @throws Failure with the engine's reason */
export async function exportedDeployment(home: Home, stackName: string): Promise<unknown> {
  const { stdout, stderr, exitCode } = await execa(
    engineExecutable,
    ["stack", "export", "--show-secrets", "--stack", stackName],
    { cwd: home.work, env: stateEnvironment(home), reject: false },
  );
  if (exitCode === 0) return JSON.parse(stdout).deployment;
  throw engineFailure(new Error(stderr.trim()), { name: stackName, workspace: { workDir: home.work } });
}

/** How each host that has to be given back is reached, as it was reached last. */
export function loginsIn(deployment: unknown): Readonly<Record<string, Connection>> {
  const { resources } = Deployment.parse(deployment);
  const logins = resources.flatMap(({ urn, inputs }) => {
    const [host] = hostsToGiveBack([{ name: nameIn(urn) }]);
    const { data } = Connection.safeParse(plain(inputs?.connection));
    return host !== undefined && data ? [[host, data] as const] : [];
  });
  return Object.fromEntries(logins);
}

/** A secret is a tagged JSON text. */
function plain(value: unknown): unknown {
  const { data } = z.looseObject({ plaintext: z.string() }).safeParse(value);
  return data ? JSON.parse(data.plaintext) : value;
}

/** The deployment without the resources of these names. The engine refuses one in which something refers to them. */
export function withoutResources(deployment: unknown, names: readonly string[]): object {
  const { resources, ...rest } = Deployment.parse(deployment);
  const isGone = (urn: string) => names.includes(nameIn(urn));
  const kept = (urns: readonly string[]) => urns.filter((urn) => !isGone(urn));
  return {
    ...rest,
    resources: resources
      .filter(({ urn }) => !isGone(urn))
      .map(({ dependencies, propertyDependencies, ...resource }) => ({
        ...resource,
        ...(dependencies && { dependencies: kept(dependencies) }),
        ...(propertyDependencies && {
          propertyDependencies: Object.fromEntries(
            Object.entries(propertyDependencies).map(([key, urns]) => [key, kept(urns ?? [])]),
          ),
        }),
      })),
  };
}

function nameIn(urn: string): string {
  return urn.split("::").at(-1) ?? urn;
}
