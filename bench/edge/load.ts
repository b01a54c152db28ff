import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { Failure } from "../../base/failure.ts";
import { run, usedCpuMicroseconds } from "../../drills/machine.ts";
import { leaderPid } from "../../lab/machine/exec.ts";
import { namespacePath } from "../../lab/paths.ts";
import { unpackedPackages } from "../../tools/unpackedPackages.ts";
import { defaultsOf, haproxy } from "../bareHaproxy.ts";

/** Load on a node's edge, and on a bare HAProxy beside it, both in front of one fast target. */

/** A thread's connections; all threads of a load are on the cores that it measures. */
const [threads, connections, seconds] = [1, 32, 5];

/** A HAProxy on the application server that answers by itself: no other target is as fast. @returns how it is stopped */
export async function startFastTarget(
  lab: string,
  node: string,
  target: { readonly host: string; readonly port: number },
): Promise<() => Promise<void>> {
  const path = "/run/hapair-bench-target.cfg";
  const config = `${defaultsOf("http")}frontend target
    bind ${target.host}:${target.port}
    http-request return status 200 content-type text/plain string ok
`;
  await run(lab, node, ["tee", path], config);
  // The node's program in the lab's own network, as the application server has none.
  const inNetwork = ["-t", String(leaderPid(lab, node)), "--mount", "--root", "--wdns=/"];
  const argv = [...inNetwork, `--net=${namespacePath(lab)}`, "--", haproxy, "-db", "-f", path];
  const child = spawn("nsenter", argv, { stdio: "ignore" });
  const exit = once(child, "exit");
  return async () => {
    child.kill("SIGTERM");
    await exit;
  };
}

/** A HAProxy on a node: its port of loopback, and its unit. */
export interface Way {
  readonly port: number;
  readonly unit: string;
}

export interface Load {
  /** Requests. */
  readonly perSecond: number;
  /** HAProxy's processor time of a request, µs. */
  readonly cpuUs: number;
}

/** What a HAProxy does with as many requests as it can answer. @throws Failure where any is not answered with 200 */
export async function measureLoad(
  lab: string,
  node: string,
  { port, unit }: Way,
  name: string,
): Promise<Load> {
  const root = await unpackedPackages("wrk", [["wrk"], ["libluajit-5.1-2"]]);
  const libraries = await readdir(join(root, "usr/lib"));
  const before = await usedCpuMicroseconds(lab, node, unit);
  const { stdout } = await execa(
    "nsenter",
    [
      ...[`--net=/proc/${leaderPid(lab, node)}/ns/net`, "--", join(root, "usr/bin/wrk")],
      ...[`--threads=${threads}`, `--connections=${connections}`, `--duration=${seconds}`],
      ...["--header", `Host: ${name}`, `http://127.0.0.1:${port}/`],
    ],
    { env: { LD_LIBRARY_PATH: libraries.map((folder) => join(root, "usr/lib", folder)).join(":") } },
  );
  const { requests, perSecond } = answersOf(stdout);
  return { perSecond, cpuUs: ((await usedCpuMicroseconds(lab, node, unit)) - before) / requests };
}

/** Out of what wrk prints. @throws Failure where a request has failed */
export function answersOf(output: string): { readonly requests: number; readonly perSecond: number } {
  const requests = /^ +(\d+) requests in /m.exec(output)?.[1];
  const rate = /^Requests\/sec: +([\d.]+)$/m.exec(output)?.[1];
  if (requests === undefined || rate === undefined || /Socket errors|Non-2xx/.test(output))
    throw new Failure(`the load was not answered as it should be:\n${output.trim()}`);
  return { requests: Number(requests), perSecond: Number(rate) };
}
