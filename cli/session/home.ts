import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { takeLock } from "../../base/lock.ts";
import { quietS } from "./output.ts";

/** The repository's root. */
export const root = join(import.meta.dirname, "../..");

/** Where the local commands keep state and passphrase: ignored by git, readable by its owner alone. */
export interface Home {
  readonly folder: string;
  readonly state: string;
  readonly passphraseFile: string;
  /** The engine's project folder: a copy of the stack's config, so that the one in `stacks/` is never changed. */
  readonly work: string;
  readonly lockFile: string;
  /** Files for the clients that the commands' output names, in one folder per stack. */
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

/** Two commands at once that find no passphrase both use that of the first, and neither reads half of it. */
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

/** Takes the folder's lock until this process ends: two commands at once wait for each other. */
export async function holdLock(): Promise<void> {
  const onWait = () => console.error("another command is running on this stack: waiting for it to end");
  await takeLock(openHome().lockFile, { quietS, onWait });
}
