import { spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import * as z from "zod";
import { mountImageRoot } from "../imageRoot.ts";

/** One container of the stand-in for Docker's engine: namespaces of its own over the lab's image. */

const LongVolume = z.looseObject({ source: z.string(), target: z.string() });

/** What is read of a service of a compose file. A key that is not here fails, so that none is ignored in silence. */
export const Service = z.strictObject({
  image: z.string(),
  user: z.string().regex(/^\d+:\d+$/),
  restart: z.string(),
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal("ALL")]),
  cap_add: z.array(z.string()).default([]),
  security_opt: z.tuple([z.literal("no-new-privileges:true")]),
  network_mode: z.enum(["host", "none"]),
  volumes: z.array(z.union([z.string(), LongVolume])),
  tmpfs: z.array(z.string()).default([]),
  entrypoint: z.array(z.string()),
  command: z.array(z.string()),
  depends_on: z.unknown().optional(),
  healthcheck: z.optional(z.looseObject({ test: z.array(z.string()) })),
  labels: z.optional(z.record(z.string(), z.string())),
  logging: z.unknown(),
  shm_size: z.string().default("64m"),
  stop_signal: z.string().default("SIGINT"),
  stop_grace_period: z.string().optional(),
  ulimits: z.unknown().optional(),
});
export type Service = z.output<typeof Service>;

/** `o` of a volume in memory, such as `uid=999,gid=999,mode=0700`. */
export const Volumes = z.record(
  z.string(),
  z.nullable(
    z.object({ driver_opts: z.object({ type: z.literal("tmpfs"), device: z.string(), o: z.string() }) }),
  ),
);
export type Volumes = z.output<typeof Volumes>;

const path = "/usr/lib/postgresql/17/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

interface Place {
  /** Of the stand-in. */
  readonly folder: string;
  /** Of the compose file. */
  readonly project: string;
  readonly projectFolder: string;
}

/** Starts a service. @returns the pid of its first process, as this process sees it */
export async function start(place: Place, id: string, service: Service, volumes: Volumes): Promise<number> {
  const own = join(place.folder, "containers", id);
  mkdirSync(own, { recursive: true });
  const layers = [join(place.folder, "layer"), readFileSync(join(place.folder, "image"), "utf8")].join(":");
  const script = [
    "set -eu",
    mountImageRoot,
    "mkdir dev/shm",
    `mount -t tmpfs -o mode=1777,size=${service.shm_size} tmpfs dev/shm`,
    ...service.tmpfs.map((target) => `mount -t tmpfs -o mode=1777 tmpfs .${target}`),
    ...service.volumes.flatMap((volume) => mounts(place, volume, volumes)),
    ...(service.network_mode === "none" ? ["ip link set lo up"] : []),
    `mount -o remount,ro "$0/root"`,
    `shift; exec chroot . "$@"`,
  ].join("\n");
  const argv = [...asUser(service), ...service.entrypoint, ...service.command].map((word) =>
    word.replaceAll("$$", "$"),
  );
  const log = openSync(join(own, "log"), "a");
  const namespaces = ["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child=SIGKILL"];
  const child = spawn(
    "unshare",
    [...namespaces, ...networkOf(service), "sh", "-euc", script, own, layers, ...argv],
    { detached: true, stdio: ["ignore", log, log] },
  );
  closeSync(log);
  child.unref();
  for (;;) {
    const first = childOf(child.pid ?? 0);
    if (first !== undefined) return first;
    // Never 0: to signal that process is to signal this one's whole group.
    if (child.exitCode !== null) throw new Error(readFileSync(join(own, "log"), "utf8"));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const networkOf = ({ network_mode }: Service): string[] => (network_mode === "none" ? ["--net"] : []);

function childOf(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return text === "" ? undefined : Number(text.split(" ")[0]);
  } catch {
    return undefined;
  }
}

/** The user, capabilities and environment of a service's processes. */
function asUser({ user, cap_add }: Service): string[] {
  const [uid, gid] = user.split(":");
  const kept = cap_add.map((name) => `+${name.toLowerCase()}`);
  return [
    ...["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--no-new-privs"],
    ...["--inh-caps=-all", `--bounding-set=${["-all", ...kept].join(",")}`],
    ...["env", "-i", `PATH=${path}`, "LANG=C.UTF-8"],
  ];
}

function mounts(
  { folder, project, projectFolder }: Place,
  volume: Service["volumes"][number],
  volumes: Volumes,
) {
  const [source = "", target = "", options = ""] =
    typeof volume === "string" ? volume.split(":") : [volume.source, volume.target];
  const from =
    source.startsWith(".") || isAbsolute(source)
      ? join(projectFolder, source)
      : volumeFolder(join(folder, "volumes", `${project}_${source}`), volumes[source] ?? null, source);
  const place = `".${target}"`;
  return [
    `mkdir -p ${place}`,
    `mount --bind "${from}" ${place}`,
    ...(options.split(",").includes("ro") ? [`mount -o remount,bind,ro ${place}`] : []),
  ];
}

/** As an engine makes it: in memory with its options, else with owner and mode of the folder in PostgreSQL's image. */
function volumeFolder(at: string, options: Volumes[string], name: string): string {
  if (existsSync(at)) return at;
  mkdirSync(at, { recursive: true });
  const of = (key: string) => new RegExp(`${key}=(\\d+)`).exec(options?.driver_opts.o ?? "")?.[1];
  if (name === "data") {
    chownSync(at, 999, 999);
    chmodSync(at, 0o1777);
  } else if (options) {
    chownSync(at, Number(of("uid")), Number(of("gid")));
    chmodSync(at, Number.parseInt(of("mode") ?? "0755", 8));
  }
  return at;
}

/** Runs a command in a container, with this process' input and output. @returns its exit status */
export function execIn(
  pid: number,
  service: Service,
  argv: readonly string[],
  stdio: "inherit" | "ignore",
): number {
  const into = ["--target", String(pid), "--mount", "--pid", "--root", "--wd"];
  const { status } = spawnSync(
    "nsenter",
    [...into, ...networkOf(service), "--", ...asUser(service), ...argv],
    {
      stdio,
    },
  );
  return status ?? 1;
}

export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** Ends a container as its service asks; one that does not end within ten seconds is killed. */
export async function stop(pid: number, { stop_signal }: Pick<Service, "stop_signal">): Promise<void> {
  const signal = (name: string) => {
    try {
      process.kill(pid, name as NodeJS.Signals);
    } catch {
      // It has ended.
    }
  };
  signal(stop_signal);
  for (let tries = 0; tries < 100 && isAlive(pid); tries++)
    await new Promise((resolve) => setTimeout(resolve, 100));
  signal("SIGKILL");
}
