import ipaddr from "ipaddr.js";
import type * as z from "zod";
import { exitStatus, Failure, messageOf } from "../base/failure.ts";
import { LabName, MachineName, NetworkSpec, Port } from "../contract/lab.ts";

/** The spec of a lab's network, whose application server has to lie in it. */
export const CheckedNetworkSpec = NetworkSpec.refine(({ app, cidr }) => inside(app, cidr), {
  path: ["app"],
  error: "is outside the network's cidr",
});

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
  throw new Failure(`"${text}" is not a port: expected 1 to 65535.`, exitStatus.usage);
}

function named(schema: z.ZodType<string>, name: string, what: string): string {
  const parsed = schema.safeParse(name);
  if (parsed.success) return parsed.data;
  const problem = parsed.error.issues[0]?.message ?? "not valid";
  throw new Failure(`"${name}" cannot name ${what}: ${problem}.`, exitStatus.usage);
}
