import * as z from "zod";
import { DnsName } from "./fields.ts";
import { defaultTlsMode } from "./targets.ts";

/** TLS between clients and poolers: the poolers terminate it, HAProxy passes it on. */

/** Debian's file of all public authorities. */
export const publicAuthorities = "/etc/ssl/certs/ca-certificates.crt";

/** `off` (lab), `required` (hosts) */
const modeDefaults = Object.entries(defaultTlsMode)
  .map(([target, mode]) => `\`${mode}\` (${target})`)
  .join(", ");

export const Tls = z.strictObject({
  mode: z
    .optional(z.enum(["required", "offered", "off"]))
    .describe(
      `\`required\` refuses a client without TLS, \`offered\` lets it choose, \`off\` has none ([TLS](docs/tls.md)); default ${modeDefaults}`,
    ),
  names: z
    .array(DnsName)
    .max(50)
    .default([])
    .describe("DNS names by which clients connect, besides the addresses of the pair and of the pool"),
  certificate: z
    .enum(["made", "given", "public"])
    .default("made")
    .describe(
      "`made` by the stack, with an authority of its own; `given` as the secret `certificates.PAIR`, with your authority; `public` as `given`, from an authority that everybody trusts",
    ),
  serial: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1)
    .describe("another number renews a certificate that the stack has made; no connection ends"),
  authorityFile: z
    .optional(z.string().regex(/^\/[A-Za-z0-9._/-]+$/, "expected an absolute path such as /etc/ssl/db.pem"))
    .describe(
      "where the application's machine has the authority's certificate, as `databaseUrl` names it; default `/etc/ssl/certs/hapair-PAIR.pem`, with `public` Debian's `/etc/ssl/certs/ca-certificates.crt`",
    ),
});
export type Tls = z.output<typeof Tls>;
