import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { median } from "../figure.ts";
import { RoundTripsPlan } from "./plans.ts";

/** Makes the round trips of the plan on the first line of stdin, and prints their median as `RoundTrips`. */
const { value } = await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next();
const { of, host, port, name, count } = RoundTripsPlan.parse(JSON.parse(String(value)));

/** Round trips before the first one that counts: the engine compiles meanwhile. */
const warmUp = 500;
const get = `GET / HTTP/1.1\r\nHost: ${name}\r\n`;

const socket = connect({ host, port, noDelay: true });
await once(socket, "connect");
const roundTrip = of === "request" ? requests(socket) : await messages(socket);
const times: number[] = [];
for (let trip = 0; trip < warmUp + count; trip += 1) {
  const begun = performance.now();
  await roundTrip();
  if (trip >= warmUp) times.push((performance.now() - begun) * 1000);
}
console.log(JSON.stringify({ p50Us: median(times) }));
process.exit();

/** Requests with an answer that ends in `ok`. */
function requests(over: Socket): () => Promise<void> {
  return async () => {
    over.write(`${get}\r\n`);
    const answer = await readUntil(over, (bytes) => bytes.subarray(-2).equals(Buffer.from("ok")));
    if (!answer.toString("latin1").startsWith("HTTP/1.1 200 ")) throw new Error(`answered ${answer}`);
  };
}

/** Frames of sixteen bytes, as a client sends them (RFC 6455, 5.2): the target sends each back as it is. */
async function messages(over: Socket): Promise<() => Promise<void>> {
  const key = randomBytes(16).toString("base64");
  const upgrade = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n`;
  over.write(`${get}${upgrade}\r\n`);
  const answer = await readUntil(over, (bytes) => bytes.subarray(-4).equals(Buffer.from("\r\n\r\n")));
  if (!answer.toString("latin1").startsWith("HTTP/1.1 101 ")) throw new Error(`answered ${answer}`);
  const frame = Buffer.concat([Buffer.from([0x82, 0x80 | 16]), randomBytes(4 + 16)]);
  return async () => {
    over.write(frame);
    await readUntil(over, (bytes) => bytes.length >= frame.length);
  };
}

function readUntil(from: Socket, isWhole: (bytes: Buffer) => boolean): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const closed = () => reject(new Error(`closed after ${JSON.stringify(bytes.toString("latin1"))}`));
    const read = (part: Buffer) => {
      bytes = Buffer.concat([bytes, part]);
      if (!isWhole(bytes)) return;
      from.off("data", read).off("close", closed);
      resolve(bytes);
    };
    from.on("data", read).once("close", closed);
  });
}
