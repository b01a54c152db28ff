import * as z from "zod";
import type { RoutesConfig } from "../../../contract/routesConfig.ts";
import { ReadAnswer } from "./postgresAnswers.ts";
import { type Connection, connectTo } from "./postgresConnection.ts";
import { type News, opened, sealed } from "./postgresMessage.ts";
import { migrate } from "./postgresMigrate.ts";
import type { Position } from "./store.ts";

export interface PostgresSettings {
  readonly login: RoutesConfig["database"];
  readonly pair: string;
  /** This node's name. */
  readonly node: string;
}

/** What the other nodes say while a session lasts. */
interface Listener {
  /** There may be something newer, which is this where it is told; also when the connection is lost, which the next call tells. */
  newer(news?: News): void;
  acknowledged(node: string, version: number): void;
}

/** One connection of a node that follows. Everything rejects once it is lost. */
export interface Session {
  /** What is newer than the position: about so many changes, or a snapshot. */
  read(after: Position | null, most: number): Promise<ReadAnswer>;
  /** Tells the other nodes what this one has. */
  tell(version: number): Promise<void>;
  close(reason: string): void;
}

/** Of one statement. A machine that is gone answers nothing. */
const answerMs = 1500;

/** Connects, makes the schema where it is missing, and listens. @param signal ends the session, and what it waits for */
export async function openSession(
  { login, pair, node }: PostgresSettings,
  listener: Listener,
  signal?: AbortSignal,
): Promise<Session> {
  let joined: Joined | undefined;
  const connection = await connectTo(login, {
    name: `hapair ${node} follows`,
    answerMs,
    // It writes nothing but notifications, which need not wait for the disk.
    settings: { statement_timeout: answerMs, synchronous_commit: "off" },
    onNotification: (payload, sender) => {
      const said = joined && opened(payload, joined.key, sender);
      // What a stranger says, or a restore, is a reason to look.
      if (said?.node === undefined) listener.newer(said?.news);
      else if (said.node !== node) listener.acknowledged(said.node, said.version);
    },
    onClose: () => listener.newer(),
    ...(signal && { signal }),
  });
  try {
    await migrate(connection, login);
    joined = await join(connection, pair);
    const { channel, key, sender } = joined;
    await connection.query({ text: `listen "${channel.replaceAll('"', "")}"` });
    return {
      read: async (after, most) => {
        const [row] = await connection.query({
          name: "read",
          text: "select hapair_routes.read($1, $2, $3, $4) as answer",
          values: [pair, after?.version ?? 0, after?.mark ?? null, most],
        });
        return ReadAnswer.parse(row?.answer);
      },
      tell: async (version) => {
        const values = [channel, sealed({ version, node, sender }, key)];
        await connection.query({ name: "tell", text: "select pg_notify($1, $2)", values });
      },
      close: connection.close,
    };
  } catch (error) {
    connection.close("it could not be used");
    throw error;
  }
}

/** Where the nodes of a pair speak, by what they know each other, and who this session is there. */
const Joined = z.object({ channel: z.string(), key: z.instanceof(Buffer), sender: z.int() });
type Joined = z.output<typeof Joined>;

async function join(connection: Connection, pair: string): Promise<Joined> {
  await connection.query({ text: "select hapair_routes.join($1)", values: [pair] });
  const text = "select channel, key, pg_backend_pid() as sender from hapair_routes.head where pair = $1";
  const [row] = await connection.query({ text, values: [pair] });
  return Joined.parse(row);
}
