import * as z from "zod";
import { User } from "./existingHosts.ts";
import { Address } from "./fields.ts";

/** The section of the target `vagrant`: virtual machines that Vagrant makes on this machine. */

/** The name of an adapter of this machine as the provider lists it, or its beginning and `*`. */
const Bridge = z
  .string()
  .regex(
    /^[^*\p{Cc}]{1,80}\*?$/u,
    "expected the name of a network adapter such as eth0, or its beginning and *, such as en0*",
  );

/** The network of the first adapter of each machine, over which Vagrant itself logs in. */
export const firstNetworks = { virtualbox: "10.0.2.0/24", libvirt: "192.168.121.0/24" } as const;

const memoryMb = z.int().min(384).max(1_048_576);
const cpus = z.int().min(1).max(64);

const BoxSha256 = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hexadecimal digits in lower case");

/** Read from the folder of the project, so that every command finds the same file. */
const BoxFile = z.string().regex(/^(~?\/|\.\.?\/).+/, "expected a path that begins with /, ~/, ./ or ../");

const Box = z.strictObject({
  name: z
    .optional(
      z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9._-]+)?$/, "expected a name such as bento/debian-13"),
    )
    .describe("its name in Vagrant's catalogue; default one with Debian 13 for the provider"),
  version: z
    .optional(z.string().regex(/^[0-9A-Za-z][0-9A-Za-z.+-]*$/, "expected one version such as 202510.26.0"))
    .describe("its version in the catalogue, not with `file`; default that of the provider's box"),
  file: z
    .optional(BoxFile)
    .describe(
      "a box file on this machine in place of the catalogue's; a relative path begins at the project's folder",
    ),
  checksum: z.optional(BoxSha256).describe("SHA-256 of the box file, checked when Vagrant adds it"),
  architecture: z
    .optional(z.enum(["amd64", "arm64"]))
    .describe("which of the box's architectures; default this machine's own"),
});

const MachineEntry = z.strictObject({
  memoryMb: z.optional(memoryMb).describe("default `vagrant.memoryMb`"),
  cpus: z.optional(cpus).describe("default `vagrant.cpus`"),
});

export const Vagrant = z.strictObject({
  provider: z
    .enum(["virtualbox", "libvirt"])
    .default("virtualbox")
    .describe("what runs the virtual machines"),
  bridge: z
    .optional(z.union([Bridge, z.array(Bridge).min(1, "expected at least one name")]))
    .describe(
      "adapter of this machine by which the virtual machines join the network: a name, the beginning of one and `*`, or a list of which the first that fits counts; with libvirt a bridge; default the adapter of the default route",
    ),
  box: Box.prefault({}),
  memoryMb: memoryMb.default(1024).describe("memory of each virtual machine, MB"),
  cpus: cpus.default(1).describe("processors of each virtual machine"),
  machines: z
    .record(z.string(), MachineEntry)
    .default({})
    .describe("by name of a host: what differs from the defaults"),
  user: User.default("vagrant").describe("login of the box, with sudo that asks for no password"),
  laptop: z
    .optional(Address)
    .describe("this machine's own address on the network: needed with `pool.on: laptop` alone"),
});
