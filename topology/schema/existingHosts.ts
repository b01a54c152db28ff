import * as z from "zod";
import { takeOverNames } from "../../contract/ownership/names.ts";
import { Port } from "./fields.ts";

/** The section of the target `hosts`: machines that exist already, and how they are reached by SSH. */

export const User = z
  .string()
  .regex(/^[a-z_][a-z0-9_-]{0,31}$/, "expected the name of a Linux user, such as admin");

/** Where SSH is answered: an address or a DNS name, inside the network or not. */
const SshAddress = z
  .string()
  .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/, "expected an IPv4 address or a DNS name");

export const LocalPath = z
  .string()
  .regex(/^(~?\/|\.\.?\/).+/, "expected a path that begins with /, ~/, ./ or ../");

const keyTypes = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "ssh-rsa",
];

/** One line of a public key file; a comment at its end is allowed. */
export const HostKey = z.string().refine(isPublicKey, {
  error:
    "expected a public host key as in /etc/ssh/ssh_host_ed25519_key.pub, such as ssh-ed25519 AAAA…; npm run hostkeys prints it",
});

/** RFC 4253, 6.6: the key's bytes begin with the length and the name of its type. */
function isPublicKey(line: string): boolean {
  const [type = "", base64 = ""] = line.split(" ");
  if (!keyTypes.includes(type) || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return false;
  const bytes = Buffer.from(base64, "base64");
  const length = bytes.length > 4 ? bytes.readUInt32BE(0) : 0;
  return bytes.subarray(4, 4 + length).toString("latin1") === type && bytes.length > 4 + length;
}

const HostEntry = z.strictObject({
  hostKey: z.optional(HostKey).describe("its public SSH host key; required unless `knownHosts` has it"),
  address: z.optional(SshAddress).describe("where its SSH is reached; default its address on the network"),
  port: z.optional(Port).describe("default `hosts.port`"),
  user: z.optional(User).describe("default `hosts.user`"),
});

export const Bastion = z.strictObject({
  host: SshAddress.describe("address or DNS name of a machine through which every host is reached"),
  port: Port.default(22).describe("port of its SSH"),
  user: z.optional(User).describe("login on it; default `hosts.user`"),
  hostKey: z.optional(HostKey).describe("its public SSH host key; required unless `knownHosts` has it"),
});

export const Hosts = z.strictObject({
  user: User.default("admin").describe("login on every host, root or with sudo that asks for no password"),
  port: Port.default(22).describe("port of SSH on every host"),
  identityFile: z
    .optional(LocalPath)
    .describe("private key on the machine where the commands run; left out: the SSH agent's keys"),
  knownHosts: z
    .optional(LocalPath)
    .describe("file of known host keys on the machine where the commands run, for hosts without `hostKey`"),
  takeOver: z
    .array(z.enum(takeOverNames))
    .default([])
    .describe("services whose own config on a host may be replaced; it is kept there and given back"),
  machines: z
    .record(z.string(), HostEntry)
    .default({})
    .describe("by name of a host: what differs from the defaults, and its host key"),
  bastion: z.optional(Bastion),
});
