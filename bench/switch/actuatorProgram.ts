import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { openPreference } from "../../agent/egress/act/preference.ts";
import { requestsTo } from "../../agent/egress/act/requests.ts";
import { runtimeClient } from "../../agent/haproxy/runtime.ts";
import { actionSocket, operatorSocket } from "../../render/paths.ts";

/**
 * Makes the agent's changes on a node. Arguments: map file and name of the group, and the agent's port, where it
 * listens in place of the stopped agent: haproxy prefers a last resort only while the agent is up. Each line of stdin is
 * `prefer SERVER` or `close SERVER`. The answer, once it is done, is a line `TOTAL API`: the time that it took, and the
 * part of it that haproxy's sockets took, ms.
 */
const [mapFile = "", group = "", port = ""] = process.argv.slice(2);
createServer((client) => client.destroy())
  .listen(Number(port), "127.0.0.1")
  .unref();

let apiSeconds = 0;
const timed = {
  timeoutMs: 1000,
  onCall: ({ seconds }: { readonly seconds: number }) => {
    apiSeconds += seconds;
  },
};
const runtime = runtimeClient(operatorSocket, timed);
const requests = requestsTo(runtimeClient(actionSocket, { ...timed, timeoutMs: 5000 }));
const preference = openPreference(mapFile, runtime);
let made = Promise.resolve();

createInterface({ input: process.stdin }).on("line", (line) => {
  made = made.then(() => change(line));
});

async function change(line: string): Promise<void> {
  const [verb, server = ""] = line.split(" ");
  apiSeconds = 0;
  const begun = performance.now();
  if (verb === "prefer") await preference.set(server);
  else await requests.close(group, server);
  console.log(`${performance.now() - begun} ${apiSeconds * 1000}`);
}
