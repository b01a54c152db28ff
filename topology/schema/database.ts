import * as z from "zod";
import { certificatesIn } from "../../base/certificates.ts";
import { isAddress } from "../ip.ts";
import { Address } from "./fields.ts";

/** Fields of databases that exist already. */

/** An IPv4 address, or a DNS name (RFC 1123, 2.1). Other digits and dots are a mistyped address. */
const HostName = z
  .string()
  .max(253)
  .regex(
    /^(?!.*\.[0-9.]+$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/,
    "expected an IPv4 address such as 10.0.1.30 or a DNS name such as db.example.com",
  );
export const AddressOrName = z.string().superRefine((text, context) => {
  const { error } = (isAddress(text) ? Address : HostName).safeParse(text);
  for (const { message } of error?.issues ?? []) context.addIssue({ code: "custom", message });
});

export const Certificates = z.string().refine(areCertificates, { error: "expected certificates in PEM" });

function areCertificates(pem: string): boolean {
  try {
    return certificatesIn(pem).length > 0;
  } catch {
    return false;
  }
}
