import { createDecipheriv, pbkdf2Sync } from "node:crypto";
import { dirname } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { Failure, messageOf } from "../../base/failure.ts";
import { readIfThere } from "../../base/files.ts";
import { fileSalt, secretSalt, stackFilePath } from "../config/stackSalt.ts";
import { type Home, openHome } from "../session/home.ts";
import { storedStack } from "./stackState.ts";

/** A stack by its name and the engine's project folder. */
export interface EngineStack {
  readonly name: Stack["name"];
  readonly workspace: Pick<Stack["workspace"], "workDir">;
}

/** Why the engine failed, for a person; where the passphrase is wrong, which one it is and what to do. */
export function engineFailure(error: unknown, { name, workspace }: EngineStack): Failure {
  const reason = engineReason(error);
  if (!/incorrect passphrase|PULUMI_CONFIG_PASSPHRASE/.test(reason)) return new Failure(reason);
  return new Failure(wrongPassphrase(openHome(dirname(workspace.workDir)), name) ?? reason);
}

/** The engine's diagnostics of a failure; its whole log where HAPAIR_DEBUG is set. */
function engineReason(error: unknown): string {
  const text = messageOf(error);
  if (process.env.HAPAIR_DEBUG) return text;
  const diagnostics = /Diagnostics:\n([\s\S]*?)(?:\n(?:Outputs|Resources|Duration):|$)/.exec(text)?.[1];
  return (diagnostics ?? text).trim();
}

/** What the passphrase in use does not open; undefined where it opens everything. */
function wrongPassphrase(home: Home, stackName: string): string | undefined {
  const { source, passphrase, isOwn } = passphraseInUse(home);
  const opens = (salt: string | undefined) => salt === undefined || isOpenedBy(passphrase, salt);
  if (!opens(storedStack(home, stackName)?.salt)) {
    const remedy = isOwn
      ? "restore that file, set PULUMI_CONFIG_PASSPHRASE to the right one"
      : `set it to the right one, or unset it to use ${home.passphraseFile}`;
    return `${source} is not the passphrase of the state of the stack ${stackName} in ${home.state}: ${remedy}, or remove the stack with npm run destroy`;
  }
  const path = stackFilePath(stackName);
  return opens(secretSalt(path)) ? undefined : otherSecrets(path, source);
}

/** What to do where the salt in a stack's file is of another passphrase than the one in use; undefined where it is not. */
export function foreignSalt(home: Home, stackName: string): string | undefined {
  const path = stackFilePath(stackName);
  const salt = fileSalt(path);
  const { source, passphrase } = passphraseInUse(home);
  if (salt === undefined || isOpenedBy(passphrase, salt)) return undefined;
  if (secretSalt(path) !== undefined) return otherSecrets(path, source);
  return `${path}: its encryptionsalt is of another passphrase than ${source}, and no secret needs it: remove that line`;
}

function otherSecrets(path: string, source: string): string {
  return `${path}: its secrets are encrypted with another passphrase than ${source}: set PULUMI_CONFIG_PASSPHRASE to theirs, or remove encryptionsalt and every secure value from the file and set the secrets again with npm run pulumi -- config set --secret`;
}

/** The passphrase that the engine gets, and where it comes from, for a message. */
export function passphraseInUse({ passphraseFile }: Pick<Home, "passphraseFile">): {
  readonly source: string;
  readonly passphrase: string;
  readonly isOwn: boolean;
} {
  const { PULUMI_CONFIG_PASSPHRASE: value, PULUMI_CONFIG_PASSPHRASE_FILE: file } = process.env;
  if (value !== undefined) return { source: "PULUMI_CONFIG_PASSPHRASE", passphrase: value, isOwn: false };
  // The engine too reads the file without the white space around it.
  const read = (path: string) => (readIfThere(path) ?? "").trim();
  if (file)
    return {
      source: `PULUMI_CONFIG_PASSPHRASE_FILE (${file})`,
      passphrase: read(file),
      isOwn: false,
    };
  return { source: passphraseFile, passphrase: read(passphraseFile), isOwn: true };
}

/**
 * True where the engine would accept this passphrase with this salt: `v1:` salt `:v1:` nonce `:` the word "pulumi",
 * encrypted with AES-256-GCM by a key that PBKDF2 makes (pkg/secrets/passphrase/manager.go). Takes some 0.3 s.
 */
export function isOpenedBy(passphrase: string, encryptionSalt: string): boolean {
  const [, salt = "", , nonce = "", text = ""] = encryptionSalt.split(":");
  const bytes = (base64: string) => Buffer.from(base64, "base64");
  try {
    const key = pbkdf2Sync(passphrase, bytes(salt), 1_000_000, 32, "sha256");
    const decipher = createDecipheriv("aes-256-gcm", key, bytes(nonce)).setAuthTag(bytes(text).subarray(-16));
    const plain = Buffer.concat([decipher.update(bytes(text).subarray(0, -16)), decipher.final()]);
    return plain.toString() === "pulumi";
  } catch {
    return false;
  }
}
