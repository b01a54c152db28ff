import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

/** PostgreSQL's default (`scram_iterations`). */
const iterations = 4096;

/**
 * What PostgreSQL stores of a password (RFC 5803): `SCRAM-SHA-256$4096:salt$StoredKey:ServerKey`.
 * The salt follows from role and password, so that the same password renders the same bytes; it tells no more
 * of the password than the verifier itself does.
 */
export function scramVerifier(role: string, password: string): string {
  const prepared = prepare(password);
  const salt = createHmac("sha256", prepared).update(`hapair salt of ${role}`).digest().subarray(0, 16);
  const salted = pbkdf2Sync(prepared, salt, iterations, 32, "sha256");
  const clientKey = createHmac("sha256", salted).update("Client Key").digest();
  const storedKey = createHash("sha256").update(clientKey).digest("base64");
  const serverKey = createHmac("sha256", salted).update("Server Key").digest("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}

/**
 * SASLprep (RFC 4013, 2.1 and 2.2) as libpq does it before it answers: spaces of other scripts become plain ones (RFC
 * 3454, C.1.2), what only joins or shapes its neighbours goes (B.1), then NFKC.
 */
function prepare(password: string): string {
  return password
    .replace(/[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000]/g, " ")
    .replace(/\u00AD|\u034F|\u1806|[\u180B-\u180D]|\u200C|\u200D|\u2060|[\uFE00-\uFE0F]|\uFEFF/g, "")
    .normalize("NFKC");
}
