import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readIfThere } from "../../base/files.ts";
import { cableTests } from "./machines/cables.ts";
import { cloneTests } from "./machines/clones.ts";
import { defaultLabTests } from "./machines/defaultLab.ts";
import { hostNetwork } from "./machines/hostNetwork.ts";
import { insideTests } from "./machines/inside.ts";
import { lab, network, ok, ports, specs } from "./machines/machineLab.ts";
import { powerTests } from "./machines/power.ts";
import { refusalTests } from "./machines/refusals.ts";
import { repeatTests } from "./machines/repeats.ts";

let before = "";

beforeAll(async () => {
  before = await hostNetwork();
  await ok("network down");
  await ok("network up", network);
  await Promise.all([ok("up one", specs.one), ok("up two", specs.two)]);
});

afterAll(() => ok("network down"));

describe("a machine", insideTests);
describe("power", powerTests);
describe("cables", cableTests);
describe("repeated commands", repeatTests);
describe("refusals", refusalTests);
describe("clones", cloneTests);
describe("the default lab", defaultLabTests);

it("`network down` leaves no trace of the lab and does not change this host's network", async () => {
  await ok("network down");
  const traces = [
    ...["/var/lib/hapair-lab", "/run/hapair-lab", "/run/netns"].flatMap((folder) =>
      existsSync(folder) ? readdirSync(folder) : [],
    ),
    ...readFileSync("/proc/self/mounts", "utf8").split("\n"),
    ...(await execa("find", ["/sys/fs/cgroup", "-maxdepth", "3", "-name", "*hapair-lab*"])).stdout.split(
      "\n",
    ),
    ...commandLines().filter((line) => !line.includes("vitest")),
  ].filter((trace) => trace.includes(lab));
  expect(traces).toEqual([]);
  for (const port of [ports.forward, ports.one, ports.two]) {
    const server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening");
    server.close();
  }
  expect(await hostNetwork()).toBe(before);
});

/** Command lines of all processes of this host; empty for one that has just ended. */
function commandLines(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => (readIfThere(`/proc/${pid}/cmdline`) ?? "").replaceAll("\0", " "));
}
