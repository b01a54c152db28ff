import ipaddr from "ipaddr.js";
import * as z from "zod";
import { exitStatus, Failure, messageOf } from "../base/failure.ts";

const Port = z.int().min(1).max(65535);

/** Twelve characters, as the host's side of the machine's cable is `vb-NAME` and the kernel allows fifteen. */
const MachineName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,11}$/, "expected 1 to 12 of a-z, 0-9 and -, starting with a letter")
  .refine((name) => name !== "app", "`app` is the application server, the lab's own network namespace");

const LabName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, "expected 1 to 31 of a-z, 0-9 and -, starting with a letter");

const Forward = z.strictObject({
  /** Port on this host's 127.0.0.1. */
  port: Port,
  /** `address:port` inside the lab. */
  to: z.string().regex(/^\d+\.\d+\.\d+\.\d+:\d+$/, "expected ADDRESS:PORT"),
});
export type Forward = z.infer<typeof Forward>;

/** The network of a lab and the image that its machines start from. */
export const NetworkSpec = z
  .strictObject({
    cidr: z.cidrv4(),
    /** Address of the application server: the lab's network namespace itself. */
    app: z.ipv4(),
    packages: z.array(z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/, "expected the name of a Debian package")),
    /** The login on every machine, with sudo. */
    user: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, "expected a plain user name"),
    forwards: z.array(Forward).default([]),
  })
  .refine((spec) => inside(spec.app, spec.cidr), {
    path: ["app"],
    error: "is outside the network's cidr",
  });
export type NetworkSpec = z.infer<typeof NetworkSpec>;

export const MachineSpec = z.strictObject({
  address: z.ipv4(),
  /** Port on this host's 127.0.0.1 that leads to the machine's sshd. */
  sshPort: Port,
  authorizedKey: z.string().regex(/^(ssh|ecdsa|sk)-[^\r\n]+$/, "expected one line of an OpenSSH public key"),
});
export type MachineSpec = z.infer<typeof MachineSpec>;

/** True where `address` lies in `cidr`; both IPv4. */
export function inside(address: string, cidr: string): boolean {
  return ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parseCIDR(cidr));
}

/** Parses a spec's JSON text; every problem in one error. */
export function parseSpec<T>(schema: z.ZodType<T>, text: string, what: string): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Failure(`${what} is not JSON: ${messageOf(error)}`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "(top)"}: ${message}`);
  throw new Failure(`${what} is not valid:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
}

/** Returns `name` if it can name a machine. */
export function machineName(name: string): string {
  return named(MachineName, name, "a machine");
}

/** Returns `name` if it can name a lab. */
export function labName(name: string): string {
  return named(LabName, name, "a lab");
}

/** Returns the port that `text` says. */
export function port(text: string): number {
  const parsed = Port.safeParse(Number(text));
  if (parsed.success) return parsed.data;
  throw new Failure(`"${text}" is no port: expected 1 to 65535.`, exitStatus.usage);
}

function named(schema: z.ZodType<string>, name: string, what: string): string {
  const parsed = schema.safeParse(name);
  if (parsed.success) return parsed.data;
  const problem = parsed.error.issues[0]?.message ?? "not valid";
  throw new Failure(`"${name}" cannot name ${what}: ${problem}.`, exitStatus.usage);
}
