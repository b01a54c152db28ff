import { createSocket } from "node:dgram";

/** Arguments: ADDRESS PORT. Prints `listening`, then each UDP datagram as a line, until stdin ends. */
const [address = "", port = ""] = process.argv.slice(2);
const socket = createSocket("udp4", (message) =>
  process.stdout.write(`${message.toString().replaceAll("\n", " ")}\n`),
);
socket.bind(Number(port), address, () => console.log("listening"));
process.stdin.resume().once("close", () => socket.close());
