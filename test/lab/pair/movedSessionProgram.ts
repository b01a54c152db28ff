import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";

/**
 * `ADDRESS PORT LOCALPORT`: connects from that port, says `open`; when stdin ends it sends one byte and says what it
 * hears: `reset` or `silent`. With a fourth argument it breaks the connection off at once instead.
 */
const deadlineMs = 2000;

const [host = "", port, localPort, breakOff] = process.argv.slice(2);
const socket = connect({ host, port: Number(port), localPort: Number(localPort) });
await once(socket, "connect");
console.log("open");
if (breakOff !== undefined) {
  socket.resetAndDestroy();
} else {
  await text(process.stdin);
  socket.setTimeout(deadlineMs, () => {
    console.log("silent");
    socket.destroy();
  });
  socket.once("error", () => console.log("reset"));
  socket.write("\0");
}
