import * as pulumi from "@pulumi/pulumi";
import type { MockCallArgs, MockResourceArgs } from "@pulumi/pulumi/runtime/index.js";
import { stringify } from "yaml";
import { accountAnswers, hostFacts } from "../../harness/ec2Answers.ts";
import { sshKeyPair } from "../../harness/sshKeyPair.ts";

/** An engine and an AWS that are not there. */

export const privateKey = sshKeyPair("ed25519").private.trimEnd();

export const made: MockResourceArgs[] = [];
/** Options of resources by type and name; mocks do not get them. */
const options = new Map<string, pulumi.CustomResourceOptions>();
/** Answers of AWS in place of the usual ones, by the name of a function; an Error is thrown. */
export const answers: Record<string, unknown> = {};
export const asked: MockCallArgs[] = [];

const pem = (label: string) => `-----BEGIN ${label}-----\ntext\n-----END ${label}-----\n`;

function printed({ name }: MockResourceArgs): string {
  if (/-host-key$|^ssh-key$/.test(name)) return privateKey;
  if (/-authority$|-certificate-/.test(name)) return pem("PRIVATE KEY") + pem("CERTIFICATE");
  return name.endsWith("-facts") ? hostFacts(name.replace(/-facts$/, "")) : "a-password";
}

function newResource(args: MockResourceArgs) {
  made.push(args);
  const { name, type, inputs } = args;
  if (!type.startsWith("aws:")) return { id: `${name}-id`, state: { ...inputs, stdout: printed(args) } };
  const kind = type.split(":").at(-1);
  const of = { arn: `arn:${kind}/${name}`, keyName: name, name, publicIp: "203.0.113.80" };
  return { id: `${kind}/${name}`, state: { ...of, ...inputs } };
}

function call(args: MockCallArgs): Record<string, unknown> {
  asked.push(args);
  const name = args.token.split(":").at(-1) ?? "";
  const given = answers[name];
  // The engine's errors have their text there.
  if (given instanceof Error) throw Object.assign(given, { details: given.message });
  return { ...args.inputs, ...accountAnswers[name], ...Object(given) };
}

export function mockAws(): Promise<void> {
  return pulumi.runtime.setMocks({ newResource, call }, "hapair", "aws", false);
}

/** A transformation for the parent of resources: keeps their options. */
export const seen: pulumi.ResourceTransformation = ({ type, name, opts }) => {
  options.set(`${type} ${name}`, opts as pulumi.CustomResourceOptions);
  return undefined;
};

/** What a later run leaves as it is, by the kind and name of a resource. */
export function ignored(): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    [...options].flatMap(([key, { ignoreChanges }]) =>
      key.startsWith("aws:") && ignoreChanges ? [[key.split(":").at(-1) ?? "", ignoreChanges] as const] : [],
    ),
  );
}

/** Names of the resources after which one is made, and before which it is removed. */
export function dependenciesOf(name: string): readonly string[] {
  const [, own] = [...options].find(([key]) => key.startsWith("aws:") && key.endsWith(` ${name}`)) ?? [];
  return [own?.dependsOn ?? []].flat().map((one) => String(Object(one).__name));
}

const shownOptions = ["protect", "deleteBeforeReplace", "ignoreChanges", "additionalSecretOutputs"] as const;

/** Every resource of AWS with its inputs and the options that matter, as YAML for people, sorted. */
export function listing(): string {
  const entries = made
    .filter(({ type }) => type.startsWith("aws:"))
    .map(({ type, name, inputs }) => {
      const own: Partial<pulumi.CustomResourceOptions> = options.get(`${type} ${name}`) ?? {};
      const opts = Object.fromEntries(
        shownOptions.flatMap((key) => (own[key] ? [[key, own[key]] as const] : [])),
      );
      return [
        `${type.split(":").at(-1)} ${name}`,
        { ...plain(inputs), ...(Object.keys(opts).length > 0 && { options: opts }) },
      ] as const;
    })
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  return stringify(Object.fromEntries(entries), { lineWidth: 0 });
}

/** With `[secret]` for every secret, and policies as they are read. */
function plain(inputs: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(inputs).map(([key, value]) => [
      key,
      pulumi.runtime.isRpcSecret(value)
        ? "[secret]"
        : /policy/i.test(key)
          ? JSON.parse(String(value))
          : key === "publicKey"
            ? "[public key]"
            : value,
    ]),
  );
}

export function forget(): void {
  made.length = 0;
  asked.length = 0;
  options.clear();
  for (const key of Object.keys(answers)) delete answers[key];
}
