import { expect, test } from "vitest";
import { statTable } from "../../../../agent/haproxy/servers.ts";
import type { System } from "../../../../agent/host/system.ts";
import { bindsOf, haproxy, serversOf } from "../../../../agent/services/haproxy.ts";
import { sameServers } from "../../../../agent/services/haproxyServerState.ts";
import { takenPorts } from "../../../../base/listeners.ts";
import { routesConfigPath } from "../../../../contract/routesConfig.ts";

const listener = (socket: string, name: string) =>
  `LISTEN 0      128       ${socket}   0.0.0.0:* users:(("${name}",pid=74,fd=6))      `;

test.each([
  ["bind 10.0.1.100:5432", listener("0.0.0.0:5432", "postgres"), "postgres (pid 74)"],
  ["bind :8404", listener("10.0.1.20:8404", "node"), "node (pid 74)"],
  ["bind 10.0.1.20:8404,10.0.1.20:8405 ssl", listener("10.0.1.20:8405", "node"), "bind 10.0.1.20:8405"],
  ["bind *:8404", listener("[::]:8404", "node"), "node"],
  ["bind :8404", "LISTEN 0 64 0.0.0.0:8404 0.0.0.0:*", "another process"],
])("%s is refused while another process listens there", (line, listeners, words) => {
  expect(takenPorts(bindsOf(`frontend f\n    ${line}\n`), listeners, () => false)).toEqual([
    expect.stringContaining(words),
  ]);
});

test.each([
  ["another address", listener("127.0.0.1:8404", "node")],
  ["another port", listener("0.0.0.0:84040", "node")],
  ["nobody", ""],
])("a bind is free where %s listens", (_, listeners) => {
  expect(takenPorts(bindsOf("    bind 10.0.1.20:8404\n"), listeners, () => false)).toEqual([]);
});

test("a reload passes on the states of servers that stay, not of servers that moved", () => {
  const row = (name: string, address: string, port: number): string =>
    `4 poolers 1 ${name} ${address} 2 0 1 1 10 6 3 7 6 0 0 0 - ${port} - 0 0 - - 0`;
  const state = [
    "1",
    "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port",
    row("a", "10.0.1.30", 6432),
    row("b", "10.0.1.30", 6433),
    "",
  ];
  const config = "backend poolers\n    server a 10.0.1.30:6432\n    server b 10.0.1.31:6433\n";
  expect(sameServers(state.join("\n"), config)).toBe([state[0], state[1], state[2], ""].join("\n"));
});

const table = (...rows: readonly string[]) =>
  statTable(["# pxname,svname,scur,slim,status,check_status,", ...rows, ""].join("\n"));

test("the status lists only the servers of the pool's backend", () => {
  const now = table("stats,FRONTEND,0,9,OPEN,,", "poolers,a,3,,UP,L7OK,", "poolers,BACKEND,3,4,UP,,");
  expect(serversOf(now, [], "poolers")).toEqual([{ name: "a", state: "UP", check: "L7OK", sessions: 3 }]);
});

test("the status counts the sessions of a server in every process, checked or not", () => {
  const now = table("poolers,a,3,,UP,L7OK,", "poolers,b,0,,DOWN,L4CON,", "poolers-unchecked,a,1,,no check,,");
  const left = table(
    "poolers,a,5,,UP,,",
    "poolers,b,7,,UP,,",
    "egress-main,a,100,,UP,,",
    "poolers,a,2,,UP,,",
  );
  expect(serversOf(now, left, "poolers")).toEqual([
    { name: "a", state: "UP", check: "L7OK", sessions: 11 },
    { name: "b", state: "DOWN", check: "L4CON", sessions: 7 },
  ]);
});

/** What a reload of haproxy runs and asks, in order, on a host where `hapair` ends with this status. */
async function reloadWith(paths: readonly string[], programStatus = 0): Promise<readonly string[]> {
  const done: string[] = [];
  let pid = 10;
  const host: Partial<System> = {
    root: "/nowhere",
    run: (command, args) => {
      done.push([command, ...args].join(" "));
      const isProgram = command.endsWith("/hapair");
      const stdout = "Id=haproxy.service\nActiveState=active\nSubState=running\nResult=success\n";
      return Promise.resolve({ status: isProgram ? programStatus : 0, stdout, stderr: "" });
    },
    ask: (_, question) => {
      if (question === "reload") pid += 1;
      done.push(question);
      const answers: Readonly<Record<string, string>> = {
        reload: "Success=1\n",
        "show info": `Version: 3.0.11\nPid: ${pid}\nUptime_sec: 1\nCurrConns: 0\nMaxconn: 10\n`,
      };
      return Promise.resolve(answers[question] ?? "");
    },
    progress: () => undefined,
    monotonicMs: () => 0,
  };
  const files = paths.map((path) => ({ path, mode: "0600", owner: "root", group: "root", text: "" }));
  const node = {
    virtualAddress: "10.0.1.100",
    runtimeSocket: "/run/haproxy/admin.sock",
    masterSocket: "/run/haproxy-master.sock",
    serverStateFile: "/var/lib/haproxy/server-state",
    edge: { certificate: { name: "edge.pem", file: "/etc/haproxy/edge.pem" } },
  };
  const change = {
    files,
    before: [],
    paths: [...paths],
    units: ["haproxy.service"],
    restart: new Set<string>(),
  };
  await haproxy.activate({ host: host as System, config: { host: "haproxy1", node }, ...change });
  return done;
}

test("a reload hands the new worker the routes first, also where that fails, and asks for none of a pair without", async () => {
  const config = "etc/haproxy/haproxy.cfg";
  for (const status of [0, 1]) {
    const done = await reloadWith([config, routesConfigPath], status);
    const map = done.indexOf("/usr/local/sbin/hapair routes-map");
    expect(map).toBeGreaterThan(-1);
    expect(done.indexOf("reload")).toBeGreaterThan(map);
  }
  const done = await reloadWith([config]);
  expect(done).toContain("reload");
  expect(done.join()).not.toContain("routes-map");
});

test("a change of the edge's certificate alone is handed to haproxy, which is reloaded only where it refuses that", async () => {
  const certificate = "etc/haproxy/edge.pem";
  const handed = "/usr/local/sbin/hapair certificate";
  const taken = await reloadWith([certificate]);
  expect(taken).toContain(handed);
  expect(taken).not.toContain("reload");
  const refused = await reloadWith([certificate], 1);
  expect(refused.indexOf("reload")).toBeGreaterThan(refused.indexOf(handed));
  const more = await reloadWith([certificate, "etc/haproxy/haproxy.cfg"]);
  expect(more).toContain("reload");
  expect(more).not.toContain(handed);
});
