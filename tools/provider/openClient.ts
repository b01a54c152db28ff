import { Client, type ConnectConfig } from "ssh2";
import { messageOf } from "../../base/failure.ts";
import { connectConfig } from "./connectConfig.ts";
import type { Connection, Login } from "./inputs.ts";

/**
 * Logs in once, through the bastion where there is one; the caller ends the client.
 * @param cancellation destroys the client where it is aborted before the login has succeeded
 * @throws an error that begins with the bastion's name where the bastion is the trouble
 */
export async function openClient(connection: Connection, cancellation: AbortSignal): Promise<Client> {
  const { proxy, ...login } = connection;
  if (proxy === undefined) return connected(connectConfig(login), cancellation);
  const { sock, leave } = await throughBastion(proxy, login, cancellation);
  try {
    const client = await connected({ ...connectConfig(login), sock }, cancellation);
    client.once("close", leave);
    return client;
  } catch (error) {
    leave();
    throw error;
  }
}

/** A connection to `host`:`port` through a bastion. The caller leaves the bastion. @throws as `openClient` does */
export async function throughBastion(
  proxy: Login,
  { host, port }: Pick<Login, "host" | "port">,
  cancellation: AbortSignal,
): Promise<{ readonly sock: Socket; leave(): void }> {
  const client = await ofBastion(proxy, connected(connectConfig(proxy), cancellation));
  const leave = () => client.end();
  try {
    const channel = new Promise<Socket>((resolve, reject) =>
      client.forwardOut("127.0.0.1", 0, host, port, (error, channel) =>
        error ? reject(error) : resolve(channel),
      ),
    );
    return { sock: await ofBastion(proxy, channel), leave };
  } catch (error) {
    leave();
    throw error;
  }
}

type Socket = NonNullable<ConnectConfig["sock"]>;

function connected(config: ConnectConfig, cancellation: AbortSignal): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    const cancel = () => {
      client.destroy();
      reject(new Error("cancelled"));
    };
    if (cancellation.aborted) return cancel();
    cancellation.addEventListener("abort", cancel, { once: true });
    const settled = () => cancellation.removeEventListener("abort", cancel);
    client.once("close", () => {
      settled();
      reject(new Error("it closed the connection before the login"));
    });
    client.once("ready", () => {
      settled();
      resolve(client);
    });
    // Stays attached: channels see a later error as "close", and it must not end the process.
    client.on("error", reject);
    client.connect(config);
  });
}

async function ofBastion<Result>({ user, host, port }: Login, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw new Error(`bastion ${user}@${host}:${port}: ${messageOf(error)}`, { cause: error });
  }
}
