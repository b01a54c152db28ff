import { basename } from "node:path";
import { journalName, liveLink, storePath } from "../topology/bundle.ts";
import { type Connection, Connections } from "./outputs.ts";
import { runOnHost } from "./ssh.ts";

export interface LiveBundle {
  readonly host: string;
  readonly connection: Connection;
  /** Its SHA-256; undefined where a transaction has not ended, or the host does not answer. */
  readonly live: string | undefined;
}

const look = `sudo sh -c 'cd /${storePath} && readlink ${liveLink} && ! test -e ${journalName}'`;

/**
 * What is live on every host, and no more: `hapair status` knows all the rest, and takes a hundred times as long.
 * @param ssh the stack's output of that name
 */
export function liveBundles(ssh: unknown): Promise<readonly LiveBundle[]> {
  return Promise.all(
    Object.entries(Connections.parse(ssh)).map(async ([host, connection]) => ({
      host,
      connection,
      live: await liveBundle(connection).catch(() => undefined),
    })),
  );
}

async function liveBundle(connection: Connection): Promise<string | undefined> {
  const { failure, stdout } = await runOnHost(connection, look);
  return failure ? undefined : basename(stdout.trim());
}
