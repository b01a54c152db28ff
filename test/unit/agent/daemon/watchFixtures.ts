import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { askPage } from "../../../../agent/daemon/http.ts";
import { act } from "../../../../agent/egress/act/actions.ts";
import type { RuntimeClient } from "../../../../agent/haproxy/runtime.ts";
import { messageOf } from "../../../../base/failure.ts";
import type { EgressConfig } from "../../../../contract/egressConfig.ts";
import { EgressPage } from "../../../../contract/egressPage.ts";
import { freePort } from "../../../harness/freePort.ts";
import { httpTarget, type Listening, socksServer } from "../egress/probeFixtures.ts";
import { groupOf } from "../election/electionFixtures.ts";
import { answering, RecordedHaproxy, scratchFolder, unixServer } from "../haproxy/runtimeFixtures.ts";

const program = join(import.meta.dirname, "../../../../agent/main.ts");

interface Watching {
  readonly child: ChildProcess;
  said(): string;
}

/** A node in a folder: two proxies, a target, haproxy's recorded answers, and the config of `hapair watch`. */
export async function watchedNode() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(scratchFolder()).path;
  const target = stack.use(await httpTarget((_, response) => response.end()));
  const proxies: readonly Listening[] = [stack.use(await socksServer()), stack.use(await socksServer())];
  const haproxy = new RecordedHaproxy(["wg1", "wg2"]);
  const configPath = join(folder, "egress.json");
  const mapFile = join(folder, "main.map");
  writeFileSync(mapFile, "");
  const group = groupOf(["wg1", "wg2"]);
  const config: EgressConfig = {
    host: "haproxy1",
    runtimeSocket: join(folder, "haproxy.sock"),
    actionSocket: join(folder, "action.sock"),
    stateFile: join(folder, "state.json"),
    trackFile: join(folder, "egress-down"),
    haproxyTrackFile: join(folder, "haproxy-down"),
    keepalivedEvents: join(folder, "cgroup.events"),
    logFolder: folder,
    listen: [{ address: "127.0.0.1", port: await freePort() }],
    peers: [],
    moveVip: true,
    virtualAddress: "10.0.1.100",
    ca: "",
    groups: [
      {
        ...group,
        mapFile,
        targets: [`http://127.0.0.1:${target.port}/`],
        probe: { intervalMs: 600, connectTimeoutMs: 1000, requestTimeoutMs: 1000 },
        servers: group.servers.map((server, index) => ({
          ...server,
          address: "127.0.0.1",
          port: proxies[index]?.port ?? 0,
        })),
      },
    ],
  };
  const writeConfig = (to: unknown) => writeFileSync(configPath, JSON.stringify(to));
  writeConfig(config);

  /** The daemon's requests, done on the recorded haproxy. */
  const administrator: RuntimeClient = {
    ask: async (command) => haproxy.answer(command),
    do: async (command) => void haproxy.answer(command),
  };
  const acted = (request: string) =>
    act(request, config, { runtime: administrator, master: administrator }).then(() => "", messageOf);

  /** haproxy's socket, which gives the recorded answers unless `serve` does otherwise, and the one for requests. */
  const serveHaproxy = async (
    serve: (client: Socket) => void = answering((command) => haproxy.answer(command)),
  ) => {
    const own = new AsyncDisposableStack();
    own.use(await unixServer(config.runtimeSocket, serve));
    own.use(await unixServer(config.actionSocket, answering(acted)));
    return stack.use(own);
  };

  const watching = (): Watching => {
    const child = spawn(process.execPath, [program, "watch", "--config", folder], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (part) => (text += part));
    stack.defer(async () => {
      if (child.exitCode === null && child.signalCode === null && child.kill("SIGKILL"))
        await once(child, "exit");
    });
    return { child, said: () => text };
  };

  const page = (): Promise<EgressPage | undefined> => {
    const [where] = config.listen;
    return where
      ? askPage(where, "/egress", EgressPage, 1000).catch(() => undefined)
      : Promise.resolve(undefined);
  };

  /** Waits until both proxies are measured and haproxy knows which one is preferred. */
  const settled = async (): Promise<EgressPage | undefined> => {
    const found = await eventually(
      page,
      (now) =>
        bothOnline(now) && now?.groups[0]?.servers.every(({ latencyMs }) => latencyMs !== null) === true,
    );
    await eventually(
      () => haproxy.map.get("preferred"),
      (name) => name !== undefined,
    );
    return found;
  };

  const run = (...args: readonly string[]): Promise<{ status: number; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      execFile(process.execPath, [program, ...args, "--config", configPath], (error, stdout, stderr) =>
        resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });

  return {
    ...{ stack, folder, proxies, haproxy, mapFile, config },
    ...{ writeConfig, serveHaproxy, watching, page, settled, run },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

export type WatchedNode = Awaited<ReturnType<typeof watchedNode>>;

/** Asks again until the answer fits; fails after 15 s with the last answer. */
export async function eventually<T>(find: () => T | Promise<T>, isSo: (found: T) => boolean): Promise<T> {
  const end = Date.now() + 15_000;
  for (;;) {
    const found = await find();
    if (isSo(found)) return found;
    if (Date.now() > end) throw new Error(`still so after 15 s: ${JSON.stringify(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export const states = (of: EgressPage | undefined) => of?.groups[0]?.servers.map(({ state }) => state) ?? [];
export const bothOnline = (of: EgressPage | undefined) => states(of).join() === "online,online";
