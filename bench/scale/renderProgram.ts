import { json } from "node:stream/consumers";
import { renderShown } from "../../render/bundle.ts";
import { hostsOf } from "../../topology/hosts.ts";
import { parseTopology } from "../../topology/parse.ts";

/** Reads a config from stdin and renders every file of every host. Prints how long that took, s. */
const config = await json(process.stdin);
const begun = performance.now();
const topology = parseTopology(config);
for (const host of hostsOf(topology)) renderShown(topology, host);
console.log((performance.now() - begun) / 1000);
