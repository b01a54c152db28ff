import * as z from "zod";

/** Headers that the edge sets or removes for a route, in requests to its target or in the target's answers. */

export const mostHeaders = 16;
/** Of all names and values of a route: its entry in HAProxy's map has to fit into a line of commands. */
export const mostHeaderBytes = 2000;

/** What belongs to one connection or to the message's own shape (RFC 9110, 7.6.1), or has its own option. */
const ownNames = new Set([
  ...["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"],
  ...["proxy-authenticate", "proxy-authorization", "expect", "http2-settings", "content-length", "host"],
]);
/** Beginnings of names that the edge sets or reads itself. */
const ownPrefixes = ["x-forwarded-", "x-hapair-", "sec-websocket-"];

/** A token (RFC 9110, 5.6.2), which begins with a letter or a digit. */
const HeaderName = z
  .string()
  .max(64, "expected at most 64 characters")
  .regex(/^[A-Za-z0-9][A-Za-z0-9!#$%&'*+.^_`|~-]*$/, "expected the name of a header such as X-Tenant")
  .refine((name) => !isOwn(name.toLowerCase()), {
    error: "is a header of the edge's own: see hostHeader for Host; X-Forwarded-* is always set",
  });

const HeaderValue = z
  .string()
  .max(1000, "expected at most 1000 characters")
  .regex(
    /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/,
    "expected printable ASCII characters without a space at either end, or null to remove the header",
  );

/** By name; null: it is removed. */
export const Headers = z.record(z.string(), z.nullable(HeaderValue)).superRefine((headers, context) => {
  const say = (message: string, ...path: readonly string[]) =>
    context.addIssue({ code: "custom", message, path: [...path] });
  const names = Object.keys(headers);
  // A schema of the keys would not say what is wrong with one.
  for (const name of names)
    for (const { message } of HeaderName.safeParse(name).error?.issues ?? []) say(message, name);
  if (names.length > mostHeaders) say(`expected at most ${mostHeaders} headers`);
  if (new Set(names.map((name) => name.toLowerCase())).size < names.length)
    say("has a name twice: capital letters make no difference");
});
export type Headers = z.output<typeof Headers>;

/** Size of the names and values. */
export function headerBytes(headers: Headers = {}): number {
  return Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + (value?.length ?? 0), 0);
}

function isOwn(name: string): boolean {
  return ownNames.has(name) || ownPrefixes.some((prefix) => name.startsWith(prefix));
}
