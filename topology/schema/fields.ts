import * as z from "zod";
import { hasNoClients, isAddress, notOfHost, subnet, unreachablePart } from "../ip.ts";

/** Fields that several parts of a stack's config have. */

export const Address = z
  .string()
  .refine(isAddress, { error: "expected an IPv4 address such as 10.0.1.20", abort: true })
  .refine((address) => notOfHost(address) === undefined, {
    error: ({ input }) =>
      `${input} is ${notOfHost(String(input))}: choose the address of a host, such as 10.0.1.20`,
  });
export const Cidr = z.string().refine((cidr) => subnet(cidr) !== undefined, {
  error: "expected an IPv4 network such as 10.0.1.0/24 (no host bits set)",
  abort: true,
});
/** The network that hosts share. */
export const HostNetwork = Cidr.refine((cidr) => unreachablePart(cidr) === undefined, {
  error: ({ input }) =>
    `${input} has addresses of ${unreachablePart(String(input))}, which hosts cannot have: choose a network such as 10.0.1.0/24`,
  abort: true,
});
/** Where clients are; 0.0.0.0/0 is everybody. */
export const ClientNetwork = Cidr.refine((cidr) => !hasNoClients(cidr), {
  error: ({ input }) => `${input} is a network that no client comes from: choose one such as 10.0.1.0/24`,
});
/** Networks beside that of the hosts, whose machines may log in. */
export const ManagementNetwork = HostNetwork.refine((cidr) => (subnet(cidr)?.prefixLength ?? 0) >= 8, {
  error: "expected one network, with a prefix length of 8 or more, such as 172.16.5.0/24",
});
export const Name = z
  .string()
  .regex(
    /^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/,
    "expected lower-case letters, digits and dashes, at most 32, starting with a letter",
  );
/** A DNS name (RFC 1123, 2.1) in lower case. */
export const DnsName = z
  .string()
  .max(253)
  .regex(
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/,
    "expected a DNS name in lower case such as db.example.com",
  );
/** The sandboxes of the units hide these. */
export const isHidden = (path: string): boolean => /^\/(home|root|tmp|var\/tmp|run\/user)(\/|$)/.test(path);
export const Port = z.int().min(1).max(65535);
/** An hour, far below the longest timer. */
export const longestMs = 3_600_000;
export const Milliseconds = z.int().min(1).max(longestMs);
/**
 * The longest timer in seconds, about 24 days. HAProxy's are 32-bit milliseconds: `haproxy -c` says "timer overflow"
 * beyond 2147483647 ms (`parse_time_err` in its tools.c). Node's `setTimeout` fires at once beyond it.
 */
const longestTimerS = Math.floor((2 ** 31 - 1) / 1000);
export const Seconds = z.int().min(1).max(longestTimerS);
