import { RouteMap } from "../../agent/routes/haproxy/routeMap.ts";

/**
 * Changes haproxy's map of routes as the agent does, one entry after the other, in place of the stopped agent. Arguments:
 * socket, map file, how many entries the map has, how many changes. Prints the time that each change took, ms, as a list.
 */
const [socket = "", file = "", entries = "", changes = ""] = process.argv.slice(2);

const times: number[] = [];
const map = new RouteMap(
  { socket, file },
  {
    onProblem: (problem) => {
      if (problem !== null) throw new Error(problem);
    },
    onServed: (seconds) => times.push(seconds * 1000),
    onReconciled: () => {
      throw new Error("another worker has taken over: nothing was measured");
    },
  },
);
const value = (port: number) => `plain|10.0.1.10|${port}|||30000|3600000|0|0|w`;
const names = Array.from({ length: Number(entries) }, (_, number) => `t${number}.apps.example.test`);
void measure();

async function measure(): Promise<void> {
  await map.serveAll(new Map(names.map((name) => [name, value(3000)])));
  times.length = 0;
  for (let change = 0; change < Number(changes); change += 1)
    await map.serve([{ key: names[change % names.length] ?? "", value: value(3001 + change) }], false);
  console.log(JSON.stringify(times));
  process.exit();
}
