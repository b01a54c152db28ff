import * as pulumi from "@pulumi/pulumi";
import { setAllConfig } from "@pulumi/pulumi/runtime/config.js";
import { stringify } from "yaml";
import { hostsOf } from "../../topology/hosts.ts";
import { parseTopology } from "../../topology/parse.ts";
import { splitSecrets } from "../../topology/secrets/givenSecrets.ts";
import type { Topology } from "../../topology/topology.ts";
import { playedAnswer, playedResource } from "./playedAccount.ts";

/**
 * The resources of a stack as a preview of its first roll-out declares them, as text for people: those of AWS with their
 * inputs and the options that matter, all others by name. Secrets are masked. Once a process: it plays the engine.
 */
export async function declared(stack: string, config: Readonly<Record<string, unknown>>): Promise<string> {
  const topology = parseTopology(splitSecrets(config).config);
  const resources = new Map<string, object>();
  const options = new Map<string, pulumi.CustomResourceOptions>();
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        resources.set(`${type} ${name}`, type.startsWith("aws:") ? inputs : {});
        // What is not here is unknown, as in a preview: a host's answers, keys, passwords.
        return type.startsWith("aws:") ? playedResource(type, name, inputs) : { id: name, state: inputs };
      },
      call: ({ token, inputs }) => playedAnswer(token, inputs, topology),
    },
    "hapair",
    stack,
    true,
  );
  setAllConfig(
    Object.fromEntries(
      Object.entries(withLogins(config, topology)).map(([key, value]) => [
        `hapair:${key}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  );
  // Components read the runtime's settings when they load.
  const { program } = await import("../../stacks/program.ts");
  await pulumi.runtime.runInPulumiStack(async () => {
    pulumi.runtime.registerStackTransformation(({ type, name, opts }) => {
      options.set(`${type} ${name}`, opts as pulumi.CustomResourceOptions);
      return undefined;
    });
    return program();
  });
  await pulumi.runtime.disconnect();
  const entries = [...resources].toSorted(([one], [other]) => (one < other ? -1 : 1));
  const listed = entries.map(([key, inputs]) => [key, { ...plain(inputs), ...shown(options.get(key)) }]);
  return stringify(Object.fromEntries(listed), { lineWidth: 0, aliasDuplicateObjects: false });
}

/** With what the operator's own files would say: they are not there, and nobody logs in. */
function withLogins(
  config: Readonly<Record<string, unknown>>,
  topology: Topology,
): Readonly<Record<string, unknown>> {
  const { kind } = topology.target;
  process.env.SSH_AUTH_SOCK ??= "/dev/null";
  const { identityFile: _, ...section } = Object(config[kind]);
  if (kind === "ec2") return { ...config, ec2: section };
  if (kind !== "hosts") return config;
  const machines = Object.fromEntries(
    hostsOf(topology).map(({ name }) => [name, { hostKey: noKey, ...section.machines?.[name] }]),
  );
  const bastion = section.bastion && { hostKey: noKey, ...section.bastion };
  return { ...config, hosts: { ...section, machines, ...(bastion && { bastion }) } };
}

/** A public key of the right form, which no host has. */
const noKey = `ssh-ed25519 ${Buffer.from(`\0\0\0\x0bssh-ed25519\0\0\0\x20${"\0".repeat(32)}`).toString("base64")}`;

function plain(inputs: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(inputs).map(([key, value]) => [
      key,
      pulumi.runtime.isRpcSecret(value) ? "[secret]" : known(value),
    ]),
  );
}

function known(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(known);
  if (typeof value !== "object" || value === null) return value;
  if ("__pulumiUnknown" in value) return "[unknown]";
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, known(inner)]));
}

const shownOptions = ["protect", "deleteBeforeReplace", "ignoreChanges"] as const;

function shown(own: Partial<pulumi.CustomResourceOptions> = {}): Record<string, unknown> {
  const opts = Object.fromEntries(
    shownOptions.flatMap((key) => (own[key] ? [[key, own[key]] as const] : [])),
  );
  return Object.keys(opts).length > 0 ? { options: opts } : {};
}
