import { createSocket } from "node:dgram";

/** Prints what arrives by UDP at ADDRESS PORT (its arguments), a datagram a line, until stdin ends. */
const [address = "", port = ""] = process.argv.slice(2);
const socket = createSocket("udp4", (message) =>
  process.stdout.write(`${message.toString().replaceAll("\n", " ")}\n`),
);
socket.bind(Number(port), address);
process.stdin.resume().once("close", () => socket.close());
