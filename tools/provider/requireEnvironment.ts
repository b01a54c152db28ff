import type { Client } from "ssh2";
import { runOverSsh } from "./runOverSsh.ts";
import { Transcript } from "./transcript.ts";

/**
 * Fails where the SSH server drops one of the variables: ssh2 sends them without asking for a reply, and a
 * script must not run without its environment.
 */
export async function requireEnvironment(client: Client, env: Record<string, string>): Promise<void> {
  const names = Object.keys(env);
  if (names.length === 0) return;
  const transcript = new Transcript("none", async () => {});
  const reason = await runOverSsh(client, { script: "env -0", env, stdin: "", transcript });
  if (reason) throw transcript.failure(reason, "env -0");
  const seen = new Set(transcript.outputs.stdout.split("\0").map((entry) => entry.split("=", 1)[0]));
  const refused = names.filter((name) => !seen.has(name));
  if (refused.length === 0) return;
  throw new Error(
    `could not set environment variable ${refused.map((name) => JSON.stringify(name)).join(", ")}: ` +
      "the SSH server refuses it; add it to AcceptEnv, or prefix the command with VAR=value",
  );
}
