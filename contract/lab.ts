import * as z from "zod";

/**
 * What passes between the lab and whoever runs it: a spec goes in on standard input, one JSON object comes out on
 * standard output. Producers are typed by these schemas, readers parse with them.
 */

/** Name of the machines' interface on the lab's network, as systemd-nspawn(1) gives it. */
export const machineInterface = "host0";
/** Name of the application server, beside those of the machines. */
export const applicationServer = "app";
/** Where the lab's forwarded ports are on its machine. */
export const forwardedHost = "127.0.0.1";
/** The host's end of a machine's cable is `vb-NAME`, and the kernel allows 15 characters. */
export const longestMachineName = 12;
/** The lab's processes and its network are named after it. */
export const longestLabName = 31;

/** Environment variable with the name of the lab that a verb of the lab is for, where its command line names none. */
export const labVariable = "HAPAIR_LAB";

export const MachineName = z
  .string()
  .regex(
    new RegExp(`^[a-z][a-z0-9-]{0,${longestMachineName - 1}}$`),
    `expected 1 to ${longestMachineName} of a-z, 0-9 and -, starting with a letter`,
  )
  .refine(
    (name) => name !== applicationServer,
    `\`${applicationServer}\` is the application server, the lab's own network namespace`,
  );

export const LabName = z
  .string()
  .regex(
    new RegExp(`^[a-z][a-z0-9-]{0,${longestLabName - 1}}$`),
    `expected 1 to ${longestLabName} of a-z, 0-9 and -, starting with a letter`,
  );

export const Port = z.int().min(1).max(65535);

export const Forward = z.strictObject({
  /** Port on this host's 127.0.0.1. */
  port: Port,
  /** `address:port` inside the lab. */
  to: z.string().regex(/^\d+\.\d+\.\d+\.\d+:\d+$/, "expected ADDRESS:PORT"),
});
export type Forward = z.infer<typeof Forward>;

/** Input of `lab network up`: the network of a lab, and what its machines' image holds. */
export const NetworkSpec = z.strictObject({
  cidr: z.cidrv4(),
  /** Address of the application server: the lab's network namespace itself. */
  app: z.ipv4(),
  /** The machines' gateway; without it they reach their own network alone. */
  gateway: z.optional(z.ipv4()),
  /** Addresses that every machine knows by these names, beside the machines' own. */
  names: z.optional(z.record(z.hostname(), z.ipv4())),
  packages: z.array(z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/, "expected the name of a Debian package")),
  /** The login on every machine, with sudo. */
  user: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, "expected a plain user name"),
  forwards: z.array(Forward).default([]),
  /** Tells one state of the engine from another, whatever else is the same: a lab belongs to the one that made it. */
  state: z.string().optional(),
});
export type NetworkSpec = z.infer<typeof NetworkSpec>;

/** Input of `lab up NAME`. */
export const MachineSpec = z.strictObject({
  address: z.ipv4(),
  /** Port on this host's 127.0.0.1 that leads to the machine's sshd. */
  sshPort: Port,
  authorizedKey: z.string().regex(/^(ssh|ecdsa|sk)-[^\r\n]+$/, "expected one line of an OpenSSH public key"),
});
export type MachineSpec = z.infer<typeof MachineSpec>;

/** Output of `lab network up`. */
export const NetworkUp = z.object({
  lab: z.string(),
  /** Name of the network namespace, as `ip netns` lists it. */
  namespace: z.string(),
  /** Folder of the image that new disks are a layer over. */
  base: z.string(),
});
export type NetworkUp = z.infer<typeof NetworkUp>;

/** Output of `lab up NAME`; of `lab up` a list of it. */
export const MachineUp = z.object({
  name: z.string(),
  address: z.ipv4(),
  ssh: z.object({
    host: z.literal("127.0.0.1"),
    port: Port,
    user: z.string(),
    /** Public host key, one line: type and key. */
    hostKey: z.string(),
  }),
});
export type MachineUp = z.infer<typeof MachineUp>;

/** How a machine is cut off. Seen from the machine: `out` is what it sends. */
export const Cut = z.discriminatedUnion("how", [
  /** Off the bridge: a partition, the machine's link stays up. */
  z.strictObject({ how: z.literal("port") }),
  /** Cable pulled: the machine's interface loses its carrier. */
  z.strictObject({ how: z.literal("carrier") }),
  /** One IP protocol (by number) dropped in one direction. */
  z.strictObject({
    how: z.literal("proto"),
    proto: z.int().min(0).max(255),
    direction: z.enum(["out", "in"]),
  }),
  /** Everything dropped in one direction. */
  z.strictObject({ how: z.literal("direction"), direction: z.enum(["out", "in"]) }),
  /** Everything between it and another machine, in a VPC alone: all others reach both. */
  z.strictObject({ how: z.literal("peer"), peer: MachineName }),
]);
export type Cut = z.infer<typeof Cut>;

const MachineStatus = z.object({
  name: z.string(),
  /** `missing`: known, but without a disk that can be started. */
  state: z.enum(["running", "frozen", "stopped", "missing"]),
  address: z.nullable(z.string()),
  sshPort: z.nullable(Port),
  /** The forward from that port serves. */
  sshUp: z.boolean(),
  /** Its disk is a layer over another image than a new one would be. */
  olderImage: z.boolean(),
  /** Process id of its init. */
  leader: z.nullable(z.int()),
  cut: z.nullable(Cut),
});
export type MachineStatus = z.infer<typeof MachineStatus>;

/** Output of `lab status --json`. An unknown lab has nothing. */
export const LabStatus = z.object({
  lab: z.string(),
  /** Null where it is not up. */
  namespace: z.nullable(z.string()),
  /** Null where the lab was never made. */
  base: z.nullable(z.string()),
  /** The other clone of the project that it belongs to; null where it belongs to this one or to none. */
  otherClone: z.nullable(z.string()),
  forwards: z.array(z.object({ ...Forward.shape, up: z.boolean() })),
  machines: z.array(MachineStatus),
});
export type LabStatus = z.infer<typeof LabStatus>;
