import { createInterface } from "node:readline";
import { connect, type TLSSocket } from "node:tls";
import { PestPlan } from "../plans.ts";

/**
 * Clients that take their time, in a process on the application server, until stdin ends or the time is over. The first line
 * of stdin is the plan. Prints at its end how many connections are open that send the head of a request by the byte, its
 * body by the byte, or do not read the answer, as one JSON object.
 */
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const plan = PestPlan.parse(JSON.parse(String((await lines.next()).value)));

/** Of each address in each way: together fewer than the edge lets one address have. */
const each = 60;
const everyMs = 1000;

const first = `Host: ${plan.host}\r\n`;
const ways = {
  head: { begins: `GET / HTTP/1.1\r\n${first}x-slow: `, goesOn: "x" },
  body: { begins: `POST / HTTP/1.1\r\n${first}Content-Length: 100000\r\n\r\n`, goesOn: "x" },
  reader: { begins: `GET /large HTTP/1.1\r\n${first}\r\n`, goesOn: "" },
} as const;
type Way = keyof typeof ways;

const open: Record<Way, number> = { head: 0, body: 0, reader: 0 };

function finish(): void {
  process.stdout.write(JSON.stringify(open), () => process.exit());
}
setTimeout(finish, plan.forMs).unref();
void lines.next().then(finish);

function start(way: Way, localAddress: string): void {
  const { begins, goesOn } = ways[way];
  const { address, ports, host } = plan;
  // `localAddress` is handed to the socket below TLS.
  const options = { host: address, port: ports.https, localAddress, servername: host };
  const socket: TLSSocket = connect({ ...options, rejectUnauthorized: false }, () => {
    open[way] += 1;
    socket.on("close", () => {
      clearInterval(going);
      open[way] -= 1;
    });
    socket.write(begins);
    const going = setInterval(() => socket.write(goesOn), everyMs);
  });
  socket.on("error", () => undefined);
  // Answers to heads and bodies are read, so that a close is noticed.
  if (way === "reader") socket.pause();
  else socket.resume();
}

for (const source of plan.sources)
  for (const way of ["head", "body", "reader"] as const)
    for (let one = 0; one < each; one += 1) start(way, source);
