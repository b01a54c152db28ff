import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";

/**
 * Arguments: ADDRESS PORT LOCALPORT. Connects from LOCALPORT and prints `open`; sends one byte when stdin ends. Prints
 * how the connection ends: `reset`, or `silent` after ten seconds without data.
 */
const silentMs = 10_000;

const [host = "", port, localPort] = process.argv.slice(2);
const socket = connect({ host, port: Number(port), localPort: Number(localPort) });
await once(socket, "connect");
console.log("open");
const end = (word: string) => {
  console.log(word);
  process.exit();
};
socket.once("error", () => end("reset"));
socket.setTimeout(silentMs, () => end("silent"));
await text(process.stdin);
socket.write("\0");
