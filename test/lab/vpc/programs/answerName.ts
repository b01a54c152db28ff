import { createServer } from "node:net";

/** Answers each connection with the first argument, on the ports that follow. Prints `ready`. */
process.stdin.resume().on("close", () => process.exit());
const [name = "", ...ports] = process.argv.slice(2);
for (const port of ports)
  createServer((client) => {
    client.on("error", () => undefined);
    client.end(name);
  }).listen(Number(port), "0.0.0.0", () => console.log("ready"));
