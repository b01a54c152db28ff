import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { AUTHORITATIVE_ANSWER, decode, encode } from "dns-packet";

/**
 * `nameServerProgram.ts ADDRESS FILE`: a name server on port 53, until its input ends. FILE is an object in JSON, the address
 * of each name, and is read for each question; a name that it does not have does not exist. A TTL is one second.
 */
const [listensOn, file = ""] = process.argv.slice(2);
const noSuchName = 3;

const socket = createSocket("udp4", (message, { address, port }) => {
  const { id, questions = [] } = decode(message);
  const addresses: Readonly<Record<string, string>> = JSON.parse(readFileSync(file, "utf8"));
  const answers = questions.flatMap(({ name }) => {
    const data = addresses[name];
    return data === undefined ? [] : [{ type: "A" as const, name, ttl: 1, data }];
  });
  const flags = AUTHORITATIVE_ANSWER | (answers.length > 0 ? 0 : noSuchName);
  socket.send(encode({ type: "response", id, flags, questions, answers }), port, address);
});
socket.bind(53, listensOn, () => console.log("listens"));
process.stdin.resume().on("close", () => process.exit());
