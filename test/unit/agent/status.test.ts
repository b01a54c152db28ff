import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { printStatus } from "../../../agent/commands/status.ts";
import { readStatus } from "../../../agent/status.ts";
import { currentSha, layoutOf } from "../../../agent/store/layout.ts";
import { HostReport } from "../../../contract/hostStatus.ts";
import { applied, hostOnOne } from "./apply/applying.ts";
import { bundle, type ScratchHost } from "./apply/scratchHost.ts";

let host: ScratchHost;
beforeEach(async () => {
  host = await hostOnOne();
});
afterEach(() => host.remove());

const config = {
  host: "haproxy1",
  node: {
    virtualAddress: "10.0.1.100",
    runtimeSocket: "/runtime",
    masterSocket: "/master",
    serverStateFile: "/s",
    pool: {
      backend: "poolers",
      proof: { host: "127.0.0.1", port: 5432, user: "probe", password: "", database: "postgres" },
    },
  },
};

const egressConfig = {
  ...{ host: "haproxy1", runtimeSocket: "/r", actionSocket: "/a", stateFile: "/s", trackFile: "/t" },
  ...{
    haproxyTrackFile: "/run/hapair/haproxy-down",
    keepalivedEvents: "/e",
    logFolder: "/l",
    moveVip: false,
  },
  ...{
    listen: [{ address: "127.0.0.1", port: 8405 }],
    peers: [],
    virtualAddress: "10.0.1.100",
    ca: "",
    groups: [],
  },
};

/** A node's bundle is live. */
async function onNode(): Promise<void> {
  const whole = JSON.parse(bundle("node").toString());
  whole.files.push({ ...whole.files[0], path: "etc/hapair/agent.json", text: JSON.stringify(config) });
  await applied(host, Buffer.from(JSON.stringify(whole)));
}

const info = (pid: number, connections: number) =>
  `Version: 3.0.11\nPid: ${pid}\nUptime_sec: 2\nCurrConns: ${connections}\n`;
const procs =
  "#<PID> <type>\n1 master 1\n# workers\n603 worker 0 0d 3.0.11\n# old workers\n591 worker 1 0d 3.0.11\n";

/** haproxy's answers by socket and command. */
function answering(answers: Readonly<Record<string, string>>): void {
  host.ask = async (socket, command) => {
    const answer = answers[`${socket} ${command}`];
    if (answer === undefined) throw new Error(`${socket}: no answer to "${command}" within 2 s`);
    return answer;
  };
}

const stat = (sessions: number) =>
  `# pxname,svname,scur,slim,status,check_status,\npoolers,pooler1,${sessions},,UP,L7OK,\npoolers,BACKEND,${sessions},7,UP,,\n`;

/** A worker with seven connections, and an old one with three. */
const bothWorkers = {
  "/runtime show info": info(603, 7),
  "/runtime show stat": stat(6),
  "/master show proc": procs,
  "/master @!603 show info": info(603, 7),
  "/master @!591 show info": info(591, 3),
  "/master @!591 show stat": stat(3),
};

test("a host in order has no problems", async () => {
  await onNode();
  answering(bothWorkers);
  expect((await readStatus(host)).problems).toEqual([]);
});

describe("haproxy in the status", () => {
  test("is shown with all its processes and the sum of their connections", async () => {
    await onNode();
    answering(bothWorkers);
    const status = await readStatus(host);
    expect(status.node?.haproxy).toMatchObject({ connections: 10, workers: [{ pid: 603 }, { pid: 591 }] });
    expect(printStatus(status)).toContain("haproxy   3.0.11, up 2 s, 10 connections in 2 processes\n");
    expect(printStatus(status)).toContain("process   591 left by 1 reload, 3 connections\n");
  });

  test("has its servers with the sessions of all its processes", async () => {
    await onNode();
    answering(bothWorkers);
    const status = await readStatus(host);
    expect(status.full).toEqual([]);
    expect(status.node?.servers).toMatchObject([{ name: "pooler1", sessions: 9 }]);
    expect(printStatus(status)).toContain("server    pooler1 UP L7OK, 9 sessions\n");
  });

  test("that has as many clients as it takes is full, by what the process that accepts them has", async () => {
    await onNode();
    answering({ ...bothWorkers, "/runtime show stat": stat(7) });
    const status = await readStatus(host);
    expect(status.full).toEqual([
      "clients of PostgreSQL have 7 of 7 connections, and further ones are refused: close idle ones, or raise haproxy.maxConnections",
    ]);
    expect(printStatus(status)).toContain("\n  full      clients of PostgreSQL have 7 of 7 connections");
  });

  test("with a process that does not answer says that its connections are unknown", async () => {
    await onNode();
    answering({
      "/runtime show info": info(603, 7),
      "/runtime show stat": stat(6),
      "/master show proc": procs,
      "/master @!603 show info": info(603, 7),
    });
    const status = await readStatus(host);
    expect(status.problems).toEqual([expect.stringContaining("haproxy's process 591 are unknown")]);
    expect(printStatus(status)).toContain("process   591 left by 1 reload, connections unknown\n");
  });

  test("without an answer of the master shows what the newest process says, and that the others are unknown", async () => {
    await onNode();
    answering({ "/runtime show info": info(603, 7), "/runtime show stat": stat(6) });
    const status = await readStatus(host);
    expect(status.node?.haproxy).toMatchObject({ connections: 7, workers: [] });
    expect(status.problems).toEqual([
      expect.stringContaining("haproxy's older processes: /master: no answer"),
    ]);
  });

  test("that answers nonsense is told with its words", async () => {
    await onNode();
    answering({ "/runtime show info": "Welcome\n" });
    const status = await readStatus(host);
    expect(status.node?.haproxy).toBeNull();
    expect(status.problems).toEqual([expect.stringContaining("Welcome")]);
  });
});

test("a node that leaves the address to the others because HAProxy hangs says so, also where nothing answers", async () => {
  await onNode();
  const left = async () => (await readStatus(host)).warnings.filter((one) => one.includes("HAProxy hangs"));
  expect(await left()).toEqual([]);
  host.write("etc/hapair/egress.json", JSON.stringify(egressConfig));
  host.write("run/hapair/haproxy-down", "1\n");
  expect(await left()).toEqual([]);
  host.write("run/hapair/haproxy-down", "2\n");
  expect(await left()).toEqual([expect.stringContaining("leaves 10.0.1.100 to the others")]);
});

describe("what the status cannot find out is unknown, and the rest is shown", () => {
  const layout = () => layoutOf(host.root);

  test.each(["history.json", "transaction.json"])("a damaged %s", async (name) => {
    writeFileSync(join(layout().store, name), "garbage\n");
    const status = await readStatus(host);
    expect(status.problems).toEqual([
      expect.stringMatching(/\.json cannot be read \(.+\): move it away and apply again$/),
    ]);
    expect(status.bundle.live).toBe(currentSha(layout()));
    expect(printStatus(status)).toMatch(/^ {2}unknown {3}.+\.json cannot be read/m);
  });

  test("a live bundle whose record is damaged: the host may be a node that holds the address", async () => {
    await onNode();
    host.onInterface = ["10.0.1.100"];
    writeFileSync(join(layout().current, ".bundle.json"), "garbage\n");
    const status = await readStatus(host);
    expect(status.node).toBeNull();
    expect(status.problems).toEqual([
      expect.stringMatching(/own record was changed or removed .*: apply that same/),
    ]);
  });

  test("a link to the live bundle that is none", async () => {
    rmSync(layout().current);
    mkdirSync(layout().current);
    expect((await readStatus(host)).problems).toEqual([
      expect.stringContaining("does not point to a bundle"),
    ]);
  });

  test("a lock that is a folder while an apply was interrupted", async () => {
    const sha = currentSha(layout()) ?? "";
    const record = { from: sha, to: sha, startedAt: "", touched: [], linked: [], ran: [] };
    writeFileSync(layout().pending, JSON.stringify(record));
    rmSync(layout().lock, { force: true });
    mkdirSync(layout().lock);
    expect((await readStatus(host)).problems).toEqual([
      expect.stringMatching(/lock cannot be locked: it is a folder/),
    ]);
  });

  test("the memory of a kernel that does not tell it", async () => {
    writeFileSync(join(host.root, "proc/meminfo"), "");
    expect((await readStatus(host)).problems).toEqual([
      expect.stringContaining("how much memory is available"),
    ]);
  });
});

test.each([
  [8192, ["the kernel tracks 8192 of 8192 connections"]],
  [8191, []],
])("a kernel that tracks %i of 8192 connections is full when there is no place left", async (count, told) => {
  const folder = join(host.root, "proc/sys/net/netfilter");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "nf_conntrack_count"), `${count}\n`);
  writeFileSync(join(folder, "nf_conntrack_max"), "8192\n");
  expect((await readStatus(host)).full).toEqual(told.map((words) => expect.stringContaining(words)));
});

test("low memory is a warning, with what is left", async () => {
  host.memory({ availableKb: 100_000, totalKb: 4_000_000 });
  const status = await readStatus(host);
  expect(status.resources).toContainEqual({
    what: "memory",
    where: null,
    free: 102_400_000,
    total: 4_096_000_000,
  });
  expect(printStatus(status)).toMatch(/^ {2}warning {3}low on memory, 102 MB of 4096 MB left: see/m);
});

test("the report of an older agent is read, without what it does not say", () => {
  const older = {
    host: "haproxy1",
    bundle: { live: null, since: null, previous: [] },
    unfinished: null,
    edited: [],
    units: [],
    node: {
      holder: true,
      virtualAddress: "10.0.1.100",
      haproxy: { version: "3.0.11", uptimeS: 1, connections: 4 },
      servers: [],
    },
    pool: null,
  };
  expect(HostReport.parse(older)).toMatchObject({
    node: { haproxy: { connections: 4, workers: [] } },
    full: [],
    resources: [],
    warnings: [],
    problems: [],
  });
});

describe("keepalived that a host does not schedule in real time", () => {
  /** As /proc/PID/stat has it, with its policy in field 41. */
  const runsWith = (policy: number) => {
    const group = join(host.root, "sys/fs/cgroup/system.slice/keepalived.service");
    mkdirSync(group, { recursive: true });
    writeFileSync(join(group, "cgroup.procs"), "563\n565\n");
    for (const pid of ["563", "565"]) {
      mkdirSync(join(host.root, "proc", pid), { recursive: true });
      const fields = Array.from({ length: 50 }, (_, index) => (index === 38 ? policy : 0));
      writeFileSync(join(host.root, "proc", pid, "stat"), `${pid} (keep alived) ${fields.join(" ")}\n`);
    }
  };
  const warnings = async () =>
    (await readStatus(host)).warnings.filter((warning) => warning.includes("keepalived"));

  test("is a warning with the remedy, and none where it is or does not run", async () => {
    await onNode();
    expect(await warnings()).toEqual([]);
    runsWith(0);
    expect(await warnings()).toEqual([
      expect.stringMatching(/^keepalived is not scheduled in real time, .* Set vrrp\.advertIntervalMs to 80/),
    ]);
    runsWith(2);
    expect(await warnings()).toEqual([]);
  });
});
