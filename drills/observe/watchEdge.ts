import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { execArgv } from "../../lab/machine/exec.ts";
import { type DrilledPair, edgeOf } from "../pair.ts";

/** A client on a node that asks this node's own edge ten times a second. */
export interface EdgeWatch {
  /** Ends it. @returns the requests without any answer, as sentences */
  stop(): Promise<readonly string[]>;
}

/**
 * Runs on a node, whose disk has no program of the drills; the end of stdin ends it. Any status is an answer. It asks for the
 * edge's own page: a route whose target is out of reach would open that route's circuit.
 */
const program = `const [url, host] = process.argv.slice(1);
const ask = () => {
  const beganAt = Date.now();
  const options = { agent: false, headers: { host }, servername: host, rejectUnauthorized: false, timeout: 5000 };
  const sent = require("https").get(url, options, (response) => response.resume());
  sent.on("timeout", () => sent.destroy(new Error("no answer")));
  sent.on("error", (error) =>
    console.log((error.code ?? error.message) + " at " + new Date(beganAt).toISOString() + ", after " + (Date.now() - beganAt) + " ms"));
};
setInterval(ask, 100);
process.stdin.resume().on("end", () => process.exit());`;

export function watchEdge(pair: DrilledPair, node: string): EdgeWatch {
  const { ports, domain } = edgeOf(pair);
  const ask = ["node", "-e", program, `https://127.0.0.1:${ports.https}/healthz`, domain];
  const [file = "", ...args] = execArgv(pair.lab, node, ask);
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  const exit = once(child, "exit");
  const silent: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => silent.push(`the edge on ${node} gave no answer: ${line}`));
  const allRead = once(lines, "close");
  return {
    stop: async () => {
      child.stdin.end();
      await Promise.all([exit, allRead]);
      return silent;
    },
  };
}
