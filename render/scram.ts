import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

/** PostgreSQL's default (`scram_iterations`). */
const iterations = 4096;

/**
 * What PostgreSQL stores of a password (RFC 5803): `SCRAM-SHA-256$4096:salt$StoredKey:ServerKey`.
 * The salt follows from role and password, so that the same password renders the same bytes; it tells no more
 * of the password than the verifier itself does.
 */
export function scramVerifier(role: string, password: string): string {
  // PostgreSQL normalises by SASLprep (RFC 4013), of which NFKC is the part that changes ordinary passwords.
  const prepared = password.normalize("NFKC");
  const salt = createHmac("sha256", prepared).update(`hapair salt of ${role}`).digest().subarray(0, 16);
  const salted = pbkdf2Sync(prepared, salt, iterations, 32, "sha256");
  const clientKey = createHmac("sha256", salted).update("Client Key").digest();
  const storedKey = createHash("sha256").update(clientKey).digest("base64");
  const serverKey = createHmac("sha256", salted).update("Server Key").digest("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}
