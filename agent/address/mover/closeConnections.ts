import { connect } from "node:net";

const timeoutMs = 5000;
/** What the command says at its end, where it did what it is for. */
const success = "done";

/**
 * Ends the connections of clients that are open on this host, with rights that the daemon lacks: the unit behind this
 * socket has one fixed command, which a connection starts and whose end closes it. Rejects where that does not say that it
 * succeeded, or takes too long.
 */
export function closeConnections(socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${socket}: ${why}`));
    const client = connect({ path: socket });
    const late = setTimeout(() => client.destroy(new Error("it does not end")), timeoutMs);
    let said = "";
    client.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-success.length - 1);
    });
    client.on("end", () => client.end());
    client.on("error", (error) => fail(error.message));
    client.on("close", () => {
      clearTimeout(late);
      if (said.trim() === success) resolve();
      else fail("the command failed: see `journalctl -u 'hapair-close@*'`");
    });
  });
}
