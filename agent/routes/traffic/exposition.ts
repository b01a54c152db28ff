import { statusClasses, timeBoundsMs, timeCounter, timeUnitUs } from "../../../contract/routes/traffic.ts";
import type { Traffic } from "./sums.ts";

/** One of a route's samples: what follows the metric's name, its labels besides the route, and its value. */
type Sample = readonly [suffix: string, labels: string, value: number];

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly samples: (traffic: Traffic) => readonly Sample[];
}

const metrics: readonly Metric[] = [
  {
    name: "hapair_edge_requests_total",
    help: "Answered requests of a route by the class of their status",
    type: "counter",
    samples: ({ answers }) =>
      statusClasses.map(({ name }, at): Sample => ["", `,code="${name}"`, answers[at] ?? 0]),
  },
  {
    name: "hapair_edge_request_seconds",
    help: "Time from a request of a route until the head of its answer",
    type: "histogram",
    samples: ({ answers }) => timeSamples(answers),
  },
  {
    name: "hapair_edge_refused_total",
    help: "Requests of a route that its open circuit, or its limit of connections, has refused",
    type: "counter",
    samples: (traffic) =>
      (["circuit", "connections"] as const).map(
        (reason): Sample => ["", `,reason="${reason}"`, traffic.refused(reason)],
      ),
  },
  {
    name: "hapair_edge_requests_open",
    help: "Requests and WebSockets of a route that are under way",
    type: "gauge",
    samples: ({ open }) => [["", "", open]],
  },
];

/** The traffic of routes in Prometheus' text format. A host name has no character that needs an escape there. */
export function trafficText(routes: ReadonlyMap<string, Traffic>): string {
  return metrics
    .map(({ name, help, type, samples }) => {
      const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
      for (const [route, traffic] of routes)
        for (const [suffix, labels, value] of samples(traffic))
          lines.push(`${name}${suffix}{route="${route}"${labels}} ${value}`);
      return `${lines.join("\n")}\n`;
    })
    .join("\n");
}

function timeSamples(answers: Float64Array): readonly Sample[] {
  const times = answers.subarray(timeCounter + 1);
  let count = 0;
  const buckets = Array.from(times, (more, at): Sample => {
    count += more;
    const boundMs = timeBoundsMs[at];
    return ["_bucket", `,le="${boundMs === undefined ? "+Inf" : boundMs / 1000}"`, count];
  });
  const seconds = ((answers[timeCounter] ?? 0) * timeUnitUs) / 1_000_000;
  return [...buckets, ["_sum", "", seconds], ["_count", "", count]];
}
