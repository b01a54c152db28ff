import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { composePath, poolFolder } from "../contract/laptop.ts";

/** Where the pool of a clone of the project is on this machine. */
export interface Place {
  /** Of the compose file. */
  readonly folder: string;
  readonly composeFile: string;
  /** Everything else: for this user alone. */
  readonly pool: string;
  /** The live bundle's files, below it as below `/` of a host. */
  readonly files: string;
  /** Bundles by their SHA-256. */
  readonly bundles: string;
  readonly record: string;
  readonly lock: string;
}

export function placeAt(folder: string): Place {
  const pool = join(folder, poolFolder);
  return {
    folder,
    composeFile: join(folder, composePath),
    pool,
    files: join(pool, "files"),
    bundles: join(pool, "bundles"),
    record: join(pool, "record.json"),
    lock: join(pool, "lock"),
  };
}

/** Name of Compose's project: another one for each clone, and the same after its files were removed by hand. */
export function projectName({ folder }: Place): string {
  const hash = createHash("sha256").update(realpathSync(folder)).digest("hex");
  return `hapair-${hash.slice(0, 8)}`;
}
