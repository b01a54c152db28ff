import { createHash, timingSafeEqual } from "node:crypto";
import { type RoutesConfig, type TokenRole, tokenRoles } from "../../../contract/routesConfig.ts";

/** Who asks, by a token's name. */
export interface Bearer {
  readonly name: string;
  readonly role: TokenRole;
}

/**
 * Whose token an `Authorization` header has; null where it has none, or one that is not known. Every token is compared, so
 * the time says nothing about which one was close.
 */
export function bearerOf(header: string | undefined, tokens: RoutesConfig["tokens"]): Bearer | null {
  const token = /^Bearer ([\x21-\x7e]+)$/i.exec(header ?? "")?.[1];
  if (token === undefined) return null;
  let found: Bearer | null = null;
  for (const { sha256, name, role } of tokens) if (isOf(token, sha256)) found = { name, role };
  return found;
}

/** Whether a secret has this SHA-256 (hex), in constant time. */
export function isOf(secret: string, sha256: string): boolean {
  return timingSafeEqual(createHash("sha256").update(secret).digest(), Buffer.from(sha256, "hex"));
}

/** Whether a role may do what a request needs. */
export function isAllowed(role: TokenRole, needed: TokenRole): boolean {
  return tokenRoles.indexOf(role) >= tokenRoles.indexOf(needed);
}
