import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { askPage } from "../../../../agent/daemon/http.ts";
import type { EgressConfig } from "../../../../contract/egressConfig.ts";
import { EgressPage } from "../../../../contract/egressPage.ts";
import { httpTarget, type Listening, socksServer } from "../egress/probeFixtures.ts";
import { groupOf } from "../election/electionFixtures.ts";
import { answering, RecordedHaproxy, scratchFolder, unixServer } from "../haproxy/runtimeFixtures.ts";

const program = join(import.meta.dirname, "../../../../agent/main.ts");

let stack: AsyncDisposableStack;
let folder: string;
let proxies: readonly Listening[];
let config: EgressConfig;
let haproxy: RecordedHaproxy;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  folder = stack.use(scratchFolder()).path;
  const target = stack.use(await httpTarget((_, response) => response.end()));
  proxies = [stack.use(await socksServer()), stack.use(await socksServer())];
  haproxy = new RecordedHaproxy(["wg1", "wg2"]);
  const group = groupOf(["wg1", "wg2"]);
  config = {
    host: "haproxy1",
    runtimeSocket: join(folder, "haproxy.sock"),
    masterSocket: join(folder, "master.sock"),
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
        mapFile: mapFile(),
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
  writeConfig(config);
});
afterEach(() => stack.disposeAsync());

const configPath = () => join(folder, "egress.json");
const mapFile = () => join(folder, "main.map");
const writeConfig = (to: unknown) => writeFileSync(configPath(), JSON.stringify(to));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}

/** haproxy's sockets; both answer with the recorded words unless `serve` does otherwise. */
async function serveHaproxy(
  serve: (client: Socket) => void = answering((command) => haproxy.answer(command)),
) {
  const own = new AsyncDisposableStack();
  own.use(await unixServer(config.runtimeSocket, serve));
  own.use(await unixServer(config.masterSocket, serve));
  return stack.use(own);
}

interface Watching {
  readonly child: ChildProcess;
  said(): string;
}

function watching(): Watching {
  const child = spawn(process.execPath, [program, "watch", "--config", configPath()], {
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
}

/** Asks again until it is so; fails after 15 s with what was found last. */
async function eventually<T>(find: () => T | Promise<T>, isSo: (found: T) => boolean): Promise<T> {
  const end = Date.now() + 15_000;
  for (;;) {
    const found = await find();
    if (isSo(found)) return found;
    if (Date.now() > end) throw new Error(`it did not come to that: ${JSON.stringify(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const page = (): Promise<EgressPage | undefined> => {
  const [where] = config.listen;
  return where
    ? askPage(where, "/egress", EgressPage, 1000).catch(() => undefined)
    : Promise.resolve(undefined);
};
const states = (of: EgressPage | undefined) => of?.groups[0]?.servers.map(({ state }) => state) ?? [];
const bothOnline = (of: EgressPage | undefined) => states(of).join() === "online,online";

/** Both proxies are measured, and haproxy has been told which one is preferred. */
async function settled(): Promise<EgressPage | undefined> {
  const found = await eventually(
    page,
    (now) => bothOnline(now) && now?.groups[0]?.servers.every(({ latencyMs }) => latencyMs !== null) === true,
  );
  await eventually(
    () => haproxy.map.get("preferred"),
    (name) => name !== undefined,
  );
  return found;
}

function run(...args: readonly string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args, "--config", configPath()], (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

describe("the loop", () => {
  test("measures, prefers the first, and follows when that one dies", async () => {
    await serveHaproxy();
    const { said } = watching();
    await settled();
    expect(haproxy.map.get("preferred")).toBe("wg1");
    await proxies[0]?.[Symbol.asyncDispose]();
    haproxy.states.set("wg1", "DOWN");
    const after = await eventually(
      page,
      (now) => now?.groups[0]?.preferred === "wg2" && states(now)[0] === "offline",
    );
    expect(after?.groups[0]?.switches.map(({ from, to, why }) => ({ from, to, why }))).toEqual([
      { from: "wg1", to: "wg2", why: "failed" },
      { from: null, to: "wg1", why: "first" },
    ]);
    await eventually(
      () => haproxy.map.get("preferred"),
      (name) => name === "wg2",
    );
    expect(readFileSync(mapFile(), "utf8")).toBe("preferred wg2\n");
    await eventually(
      () => haproxy.commands,
      (commands) => commands.includes("shutdown sessions server egress-main/wg1"),
    );
    expect(readFileSync(join(folder, "haproxy_health_7891.log"), "utf8")).toContain(
      `Backend ${proxies[0]?.port} is offline (refused)`,
    );
    expect(said()).toContain("event=switch group=main from=wg1 to=wg2 why=failed");
  });

  test.each([
    ["is gone", undefined],
    ["hangs", () => {}],
    ["answers garbage", answering(() => "\u0001garbage\n")],
  ] as [string, ((client: Socket) => void) | undefined][])(
    "goes on measuring where haproxy's socket %s, says so once, and catches up",
    async (_, serve) => {
      const bad = serve === undefined ? undefined : await serveHaproxy(serve);
      const { said } = watching();
      const dark = await eventually(page, bothOnline);
      expect(dark?.haproxy.answers).toBe(false);
      const probes = await eventually(
        page,
        (now) => (now?.groups[0]?.servers[0]?.latencyMs ?? null) !== null,
      );
      expect(probes?.groups[0]?.preferred).toBe("wg1");
      await eventually(
        () => existsSync(mapFile()) && readFileSync(mapFile(), "utf8"),
        (text) => text === "preferred wg1\n",
      );
      await bad?.disposeAsync();
      await serveHaproxy();
      await eventually(page, (now) => now?.haproxy.answers === true);
      await eventually(
        () => haproxy.map.get("preferred"),
        (name) => name === "wg1",
      );
      expect(said().match(/<5>haproxy: works again/g)).toHaveLength(1);
      expect(said().match(/<3>haproxy: /g)?.length).toBeLessThanOrEqual(2);
    },
  );

  test("puts right what a restart of haproxy lost, and says that it saw one", async () => {
    await serveHaproxy();
    watching();
    await settled();
    haproxy.map.clear();
    haproxy.pid = 4711;
    await eventually(
      () => haproxy.map.get("preferred"),
      (name) => name === "wg1",
    );
    await eventually(
      () => readFileSync(join(folder, "haproxy_health_7891.log"), "utf8"),
      (text) => text.includes("HAProxy was reloaded or restarted"),
    );
  });

  test("takes a new config on SIGHUP, and keeps the old one where the new one is wrong", async () => {
    await serveHaproxy();
    const { child, said } = watching();
    await settled();
    writeConfig({ ...config, groups: "none" });
    child.kill("SIGHUP");
    await eventually(said, (text) => text.includes("the config stays as it was"));
    expect(said().match(/<3>/g)).toHaveLength(1);
    expect(states(await page())).toEqual(["online", "online"]);
    writeConfig({
      ...config,
      groups: config.groups.map((group) => ({ ...group, servers: group.servers.slice(1) })),
    });
    child.kill("SIGHUP");
    const after = await eventually(page, (now) => now?.groups[0]?.servers.length === 1);
    await eventually(page, (now) => now?.groups[0]?.preferred === "wg2");
    expect(after?.groups[0]?.servers[0]?.name).toBe("wg2");
  });

  test("takes a new config only when the loop of the old one has ended what it was about", async () => {
    let asked = 0;
    let most = 0;
    let onLook = (): Promise<void> => Promise.resolve();
    // From the command to its answer: when a socket's end is seen here is up to this process's own load.
    await serveHaproxy(
      answering(async (command) => {
        asked += 1;
        most = Math.max(most, asked);
        if (command.startsWith("show stat")) await onLook();
        asked -= 1;
        return haproxy.answer(command);
      }),
    );
    const { child, said } = watching();
    await settled();
    writeConfig({ ...config, virtualAddress: "10.0.1.101" });
    // In the middle of a round; haproxy takes its time.
    onLook = () => {
      onLook = () => Promise.resolve();
      child.kill("SIGHUP");
      return new Promise((resolve) => setTimeout(resolve, 400));
    };
    await eventually(said, (text) => text.includes("is in force"));
    await eventually(page, (now) => now?.vip.address === "10.0.1.101" && now.haproxy.answers);
    // Each loop asks one thing at a time.
    expect(most).toBe(1);
  });

  test("ends at once on SIGTERM, leaves all as it is, and remembers it at the next start", async () => {
    await serveHaproxy();
    const first = watching();
    await settled();
    const told = haproxy.commands.filter((command) => /^(set|add|del|shutdown)/.test(command));
    first.child.kill("SIGTERM");
    const startedAt = performance.now();
    expect(await once(first.child, "exit")).toEqual([0, null]);
    expect(performance.now() - startedAt).toBeLessThan(1000);
    expect(haproxy.commands.filter((command) => /^(set|add|del|shutdown)/.test(command))).toEqual(told);
    watching();
    const again = await settled();
    expect(again?.groups[0]?.switches).toHaveLength(1);
  });

  test("is not stopped by a state file of a later version", async () => {
    await serveHaproxy();
    writeFileSync(config.stateFile, '{"version":99}');
    const { said } = watching();
    await settled();
    expect(said()).toContain("is kept as");
  });

  test("serves as soon as its address is free", async () => {
    await serveHaproxy();
    const blocker = createServer().listen(config.listen[0]);
    await once(blocker, "listening");
    const { said } = watching();
    await eventually(said, (text) => text.includes("tried again every second"));
    blocker.close();
    await settled();
  });
});

describe("hapair check", () => {
  test("says online with the latency, offline, and degraded, without the loop", async () => {
    const [one, two] = proxies.map(({ port }) => port);
    expect((await run("check", String(one))).stdout).toMatch(new RegExp(`^${one},online,\\d+\\n$`));
    await proxies[1]?.[Symbol.asyncDispose]();
    expect(await run("check", String(two))).toEqual({
      status: 0,
      stdout: `${two},offline,N/A\n`,
      stderr: "",
    });
    expect(JSON.parse((await run("check", String(two), "--json")).stdout)).toEqual({
      port: two,
      server: "wg2",
      group: "main",
      state: "offline",
      cause: "refused",
      latencyMs: null,
    });
    await stack.use(createServer((socket) => socket.resume()).listen(two, "127.0.0.1"));
    expect((await run("check", String(two))).stdout).toBe(`${two},degraded,N/A\n`);
  });

  test.each([["1"], ["x"], ["-1"], ["99999"], [""], ["1e4"]])(
    "refuses %j with one sentence",
    async (port) => {
      const { status, stdout, stderr } = await run(
        "check",
        ...(port.startsWith("-") ? ["--", port] : [port]),
      );
      expect({ status, stdout, lines: stderr.trimEnd().split("\n").length }).toEqual({
        status: 2,
        stdout: "",
        lines: 1,
      });
    },
  );
});

describe("hapair egress", () => {
  test("shows the loop's table, and says in one sentence where there is no loop", async () => {
    const none = await run("egress");
    expect(none).toMatchObject({ status: 1, stdout: "" });
    expect(none.stderr).toMatch(/^hapair: the egress loop does not answer on 127\.0\.0\.1:\d+: see .*\n$/);
    await serveHaproxy();
    watching();
    await settled();
    const { status, stdout } = await run("egress");
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /wg1 +\d+ +online +\d+ ms +up +yes: first choice\n +wg2 +\d+ +online +\d+ ms +up +no: \d+ ms is not 50 ms better\n/,
    );
    expect(stdout).toMatch(/UTC {2}nothing → wg1: first choice\n/);
  });
});
