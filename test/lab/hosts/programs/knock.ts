import { connect } from "node:net";
import type { Answer } from "../application.ts";

/** Connects to each `ADDRESS:PORT` of its arguments and prints the answers as JSON. */
const deadlineMs = 1000;

function ask(door: string): Promise<Answer> {
  const [host = "", port = ""] = door.split(":");
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    const settle = (answer: Answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(deadlineMs, () => settle("silent"));
    socket.once("connect", () => settle("open"));
    socket.once("error", (error: NodeJS.ErrnoException) =>
      settle(error.code === "ECONNREFUSED" ? "refused" : "silent"),
    );
  });
}

const doors = process.argv.slice(2);
const answers = await Promise.all(doors.map(async (door) => [door, await ask(door)] as const));
console.log(JSON.stringify(Object.fromEntries(answers)));
