import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";

/**
 * `ADDRESS PORT LOCALPORT`: connects from that port and says `open`; when stdin ends it sends one byte. Says what it
 * hears in the end: `reset`, or `silent` where nothing came for ten seconds.
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
