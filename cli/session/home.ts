import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The repository's root. */
export const root = join(import.meta.dirname, "../..");

/** Where the local commands keep state and passphrase: ignored by git, for the owner's eyes only. */
export interface Home {
  readonly folder: string;
  readonly state: string;
  readonly passphraseFile: string;
  /** The engine's project folder: a copy of the stack's config, so that the one in `stacks/` stays as it was written. */
  readonly work: string;
  readonly lockFile: string;
  /** Files for the clients that the commands name: of each stack in a folder with its name. */
  readonly clients: string;
}

/** Opens the folder, making what is missing. `HAPAIR_HOME` names another one, for a second lab beside the first. */
export function openHome(folder: string = process.env.HAPAIR_HOME || join(root, ".hapair")): Home {
  const home: Home = {
    folder,
    state: join(folder, "state"),
    passphraseFile: join(folder, "passphrase"),
    work: join(folder, "work"),
    lockFile: join(folder, "lock"),
    clients: join(folder, "clients"),
  };
  for (const path of [folder, home.state, home.work]) mkdirSync(path, { recursive: true, mode: 0o700 });
  if (!existsSync(home.passphraseFile)) makePassphrase(home.passphraseFile);
  return home;
}

/** Of two commands at once that find none, both go on with that of the first, and neither sees half of it. */
function makePassphrase(path: string): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, randomBytes(32).toString("base64url"), { mode: 0o600 });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!existsSync(path)) throw error;
  } finally {
    rmSync(draft);
  }
}
