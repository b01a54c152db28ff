import { connect } from "node:net";

const timeoutMs = 5000;

/**
 * Ends the connections of clients that are open on this host, with rights that the daemon lacks: the unit behind this
 * socket has one fixed command, which a connection starts and whose end closes it. Rejects where that takes too long.
 */
export function closeConnections(socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const client = connect({ path: socket });
    const late = setTimeout(() => client.destroy(new Error("it does not end")), timeoutMs);
    // What the command says is of no use here.
    client.resume();
    client.on("end", () => client.end());
    client.on("error", (error) => reject(new Error(`${socket}: ${error.message}`)));
    client.on("close", () => {
      clearTimeout(late);
      resolve();
    });
  });
}
