import * as z from "zod";
import { isAddress, subnet } from "../ip.ts";

/** Fields that several parts of a stack's config have. */

export const Address = z.string().refine(isAddress, { error: "expected an IPv4 address such as 10.0.1.20" });
export const Cidr = z.string().refine((text) => subnet(text) !== undefined, {
  error: "expected an IPv4 network such as 10.0.1.0/24 (no host bits set)",
});
export const Name = z
  .string()
  .regex(
    /^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/,
    "expected lower-case letters, digits and dashes, at most 32, starting with a letter",
  );
export const Port = z.int().min(1).max(65535);
/** An hour at most: a timer of 2^31 ms and more would fire at once. */
export const Milliseconds = z.int().min(1).max(3_600_000);
export const Seconds = z.int().min(1);
