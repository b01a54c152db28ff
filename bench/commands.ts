import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../base/failure.ts";
import { hostStatuses } from "../cli/hosts/ask.ts";
import { status } from "../lab/status.ts";
import { atMost, type Figure, type Findings, round } from "./figure.ts";
import { BenchProject } from "./project.ts";
import { ofMedian, repeat, type Seconds } from "./seconds.ts";

/** Measures `npm run up` where nothing has changed. */
export async function measureNoOpUp(project: BenchProject): Promise<Findings> {
  const seconds = await repeat(5, "no-op up", async () => {
    const up = await project.command("up");
    if (!up.stdout.includes("nothing to do"))
      throw new Failure(`an up without a change did something: ${up.stdout}`);
    return up.seconds;
  });
  return { figures: noOpUpFigures(seconds) };
}

/** Measures the time until a changed config is live on both nodes. */
export async function measureChange(project: BenchProject): Promise<Findings> {
  return { figures: changeFigures(await repeat(3, "config change", () => changeConfig(project))) };
}

/** Measures `npm start` with image and engine, but without a lab. It ends when SQL works through the address. */
export async function measureWarmStart(project: BenchProject): Promise<Findings> {
  const seconds = await repeat(3, "npm start, warm", async () => {
    await project.command("destroy");
    return (await project.run("npm", "start")).seconds;
  });
  return { figures: warmStartFigures(seconds) };
}

export const noOpUpFigures = (seconds: Seconds) => ofMedian(3, "no-op up, median", seconds);
export const changeFigures = (seconds: Seconds) =>
  ofMedian(8, "config change live on both nodes, median", seconds);
export const warmStartFigures = (seconds: Seconds) =>
  ofMedian(30, "npm start warm, until SQL works, median", seconds);
export const coldStartFigures = (seconds: number): Figure[] => [
  atMost(360, "npm start cold, until SQL works", round(seconds, 1), "s"),
];

let maxConnections = 4000;

/**
 * Changes one setting of HAProxy and rolls it out.
 * @returns duration of the command, s; when it ends, the change is live on every node
 * @throws Failure where a host runs another bundle than the stack delivered
 */
export async function changeConfig(project: BenchProject): Promise<number> {
  maxConnections += 1;
  project.configure({ haproxy: { maxConnections } });
  const { seconds } = await project.command("up");
  const { ssh, pairs, internet } = await project.outputs();
  const bundles = Object.assign(
    { internet: internet?.bundle },
    ...Object.values(pairs).map((pair) => pair.bundles),
  );
  for (const { host, report, trouble } of await hostStatuses(ssh)) {
    if (report?.bundle.live !== bundles[host])
      throw new Failure(
        `after an up ${host} runs ${report?.bundle.live ?? trouble}, and not ${bundles[host]}`,
      );
  }
  return seconds;
}

/**
 * Measures `npm start` in a fresh clone with empty caches: packages, engine (with its compiler's files) and the
 * machines' image are made again. What the distribution's package manager has installed stays installed.
 */
export async function measureColdStart(): Promise<Findings> {
  const caches = "/var/tmp/hapair-bench-cold";
  rmSync(caches, { recursive: true, force: true });
  const project = await BenchProject.make({
    purpose: "bench-cold",
    withoutPackages: true,
    env: {
      PULUMI_HOME: join(caches, "pulumi"),
      XDG_CACHE_HOME: join(caches, "cache"),
      npm_config_cache: join(caches, "npm"),
    },
  });
  let image: string | null = null;
  try {
    // An image is found by its recipe: with one more comment, a new image has to be made.
    project.append("lab/image/customizeBase.sh", `# ${randomUUID()}`);
    console.error("npm start, cold: takes some minutes …");
    const { seconds } = await project.run("npm", "start");
    image = status(project.lab).base;
    console.error(`npm start, cold: ${seconds.toFixed(1)} s`);
    return { figures: coldStartFigures(seconds) };
  } finally {
    image ??= status(project.lab).base;
    await project.remove();
    for (const folder of [caches, ...(image ? [image, `${image}.log`] : [])])
      rmSync(folder, { recursive: true, force: true });
  }
}
