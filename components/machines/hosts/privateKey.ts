import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import ssh2 from "ssh2";
import { messageOf } from "../../../base/failure.ts";

/** The operator's own files on the machine where the commands run. */

/**
 * The text of the key with which the operator logs in; undefined where the SSH agent has it.
 * @throws Error with the key of the config and what to do
 */
export function privateKeyOf(
  section: "hosts" | "ec2",
  { identityFile }: { readonly identityFile?: string | undefined },
): string | undefined {
  if (identityFile === undefined) {
    if (process.env.SSH_AUTH_SOCK) return undefined;
    throw new Error(
      `${section}.identityFile: is not set, and no SSH agent runs here (SSH_AUTH_SOCK): set it, or start an agent and add the key with ssh-add`,
    );
  }
  const path = expanded(identityFile);
  const text = contentOf(`${section}.identityFile`, path);
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error)
    throw new Error(
      /passphrase/.test(key.message)
        ? `${section}.identityFile: ${path} has a passphrase: remove this key from the config and add the file to an SSH agent with ssh-add`
        : `${section}.identityFile: ${path} is no private key (${key.message}): name the file without .pub`,
    );
  if (!key.isPrivateKey())
    throw new Error(`${section}.identityFile: ${path} is a public key: name the file without .pub`);
  return text;
}

/** @throws Error that names the key of the config */
export function contentOf(key: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`${key}: ${path} cannot be read (${messageOf(error)}): name a file that is there`);
  }
}

/** A path with the home folder in place of `~`. */
export function expanded(path: string): string {
  return path.replace(/^~(?=\/)/, homedir());
}
