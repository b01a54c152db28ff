import { expect, it } from "vitest";
import { EgressPage } from "../../../contract/egressPage.ts";
import { askHaproxy } from "../../../drills/observe/daemons.ts";
import { uplink } from "../../../drills/proxies.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { must } from "../hosts/onHost.ts";
import { eventually, haproxyStatus, holderOf, mapOn, serverOn, stateOn } from "./agents.ts";
import { exitOfNewClient } from "./clients.ts";
import type { LabEgress } from "./labEgress.ts";

/** States of proxies, as the loop and the commands report them. */
export function measuringTests(lab: () => LabEgress): void {
  const onInternet = (...argv: readonly string[]) => must(lab().lab, "internet", argv);
  const metricsOn = async (node: string) => {
    const url = `http://127.0.0.1:${lab().metricsPort}/metrics`;
    return (await must(lab().lab, node, ["curl", "-sS", "-m", "2", url])).stdout;
  };

  it("an open port with a dead tunnel is degraded and a closed port is offline, in the command, page and metrics", async () => {
    const holder = await holderOf(lab());
    await uplink(lab().lab, "wg1", "refused");
    await onInternet("systemctl", "stop", "egress@wg2");
    await eventually(() => stateOn(lab(), holder, "wg1"), "degraded (proxy-connection-refused)", "wg1");
    await eventually(() => stateOn(lab(), holder, "wg2"), "offline (refused)", "wg2");
    const { stdout } = await must(lab().lab, holder, ["hapair", "egress", "--json"]);
    const [group] = EgressPage.parse(JSON.parse(stdout)).groups;
    expect(group?.servers.map(({ name, state, haproxy }) => [name, state, haproxy])).toEqual([
      ["wg1", "degraded", "down"],
      ["wg2", "offline", "down"],
      ["warp", "online", "up"],
    ]);
    const table = (await must(lab().lab, holder, ["hapair", "egress"])).stdout;
    expect(table).toMatch(/^\S+ holds \S+$/m);
    expect(table).toMatch(
      /^ {2}wg1 +18181 +degraded \(proxy-connection-refused\) +- +down +no: it carries no traffic$/m,
    );
    expect(table).toMatch(/^ {2}wg2 +18182 +offline \(refused\) +- +down +no: it cannot be reached$/m);
    expect(table).toMatch(/^ {2}warp +8111 +online +\d+ ms +up +yes: the previous one failed$/m);

    const metrics = await metricsOn(holder);
    const states = [
      ...metrics.matchAll(/^hapair_egress_server_state\{.*server="(\w+)",state="(\w+)"\} 1$/gm),
    ];
    expect(states.map(([, server, state]) => `${server} ${state}`)).toEqual([
      "wg1 degraded",
      "wg2 offline",
      "warp online",
    ]);
    expect(metrics).toMatch(/^hapair_egress_preferred\{group="main",server="warp"\} 1$/m);
    expect(metrics).toMatch(/^hapair_egress_latency_seconds\{group="main",server="warp"\} 0\.\d+$/m);
    expect(metrics).toMatch(/^hapair_egress_probes_total\{.*server="wg2",outcome="refused"\} [1-9]/m);
  });

  it("a tunnel that drops every packet is degraded too, with its own cause", async () => {
    await uplink(lab().lab, "wg2", "cut");
    for (const node of lab().nodes)
      await eventually(() => stateOn(lab(), node, "wg2"), "degraded (request-timeout)", `wg2 on ${node}`);
  });

  it("check prints port, state and latency of one proxy, for any user and without the loop", async () => {
    const [node = ""] = lab().nodes;
    const check = async (port: string) => {
      const { exitCode, stdout } = await exec(lab().lab, node, [
        ...["runuser", "-u", "nobody", "--", "hapair", "check"],
        port,
      ]);
      return `${exitCode} ${stdout}`;
    };
    await must(lab().lab, node, ["systemctl", "stop", "hapair"]);
    expect(await check("18181")).toMatch(/^0 18181,online,\d+$/);
    await uplink(lab().lab, "wg1", "refused");
    expect(await check("18181")).toBe("0 18181,degraded,N/A");
    await uplink(lab().lab, "wg1", "cut");
    expect(await check("18181")).toBe("0 18181,degraded,N/A");
    await onInternet("systemctl", "stop", "egress@wg1");
    expect(await check("18181")).toBe("0 18181,offline,N/A");
    expect(await check("8111")).toMatch(/^0 8111,online,\d+$/);
  });

  it.each([
    [
      "a port that no proxy has",
      ["18183"],
      /^hapair: no egress proxy has port 18183: they have 18181, 18182, 8111$/m,
    ],
    [
      "something that is not a port",
      ["wg1"],
      /^hapair: "wg1" is not a port: the egress proxies have 18181, 18182, 8111$/m,
    ],
    ["nothing", [], /^hapair: check takes one port of an egress proxy$/m],
    ["two ports", ["18181", "18182"], /^hapair: check takes one port of an egress proxy$/m],
  ])("check with %s ends with status 2 and one sentence", async (_, ports, sentence) => {
    const [node = ""] = lab().nodes;
    const { exitCode, stdout, stderr } = await exec(lab().lab, node, ["hapair", "check", ...ports]);
    expect({ exitCode, stdout, lines: stderr.trim().split("\n").length }).toEqual({
      exitCode: 2,
      stdout: "",
      lines: 1,
    });
    expect(stderr).toMatch(sentence);
  });

  it("egress without a loop ends with status 1 and one sentence that says where to look", async () => {
    const [node = ""] = lab().nodes;
    await must(lab().lab, node, ["systemctl", "stop", "hapair"]);
    const { exitCode, stdout, stderr } = await exec(lab().lab, node, ["hapair", "egress"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr.trim()).toMatch(/^.*the agent does not answer on \S+: see "systemctl status hapair"$/);
  });

  it("WARP is degraded while its exit is not WARP, and online when it is again", async () => {
    const acls = await askHaproxy(lab().lab, "internet", "show acl");
    const id = /^(\d+) \(.*\) acl 'src' /m.exec(acls)?.[1];
    const warp = lab().servers.find((server) => server.warp)?.address;
    const holder = await holderOf(lab());
    await askHaproxy(lab().lab, "internet", `del acl #${id} ${warp}`);
    try {
      await eventually(() => stateOn(lab(), holder, "warp"), "degraded (not-warp)", "warp");
      expect((await must(lab().lab, holder, ["hapair", "check", "8111"])).stdout).toBe("8111,degraded,N/A");
    } finally {
      await askHaproxy(lab().lab, "internet", `add acl #${id} ${warp}`);
    }
    await eventually(() => stateOn(lab(), holder, "warp"), "online", "warp");
  });

  it("traffic avoids a server in an operator's maint, and returns once it is ready and better", async () => {
    const holder = await holderOf(lab());
    const set = (state: string) =>
      askHaproxy(lab().lab, holder, `set server ${lab().backend}/wg1 state ${state}`);
    await set("maint");
    try {
      await eventually(() => mapOn(lab(), holder), "wg2", "preferred beside wg1 in maint");
      // A dead wg2 is no reason to use the server in maint.
      await uplink(lab().lab, "wg2", "refused");
      await eventually(() => mapOn(lab(), holder), "warp", "preferred beside wg1 in maint, wg2 dead");
      expect(await exitOfNewClient(lab())).toBe("warp");
      const { state, haproxy } = await serverOn(lab(), holder, "wg1");
      expect({ state, haproxy, word: await haproxyStatus(lab(), holder, "wg1") }).toEqual({
        state: "online",
        haproxy: "maint",
        word: "MAINT",
      });
    } finally {
      await set("ready");
    }
    await eventually(() => mapOn(lab(), holder), "wg1", "preferred after WARP");
    await eventually(() => exitOfNewClient(lab()), "wg1", "exit of a new client");
  });

  it.each(["maint", "drain"])(
    "no client goes through a proxy in %s, even where nothing else works, until the operator makes it ready",
    async (closed) => {
      const { backend, lab: name, nodes } = lab();
      // With one node alone closed, the address would move to the other.
      const set = (state: string) =>
        Promise.all(nodes.map((node) => askHaproxy(name, node, `set server ${backend}/wg1 state ${state}`)));
      await set(closed);
      try {
        for (const node of nodes)
          await eventually(() => mapOn(lab(), node), "wg2", `preferred beside wg1 on ${node}`);
        for (const other of ["wg2", "warp"]) {
          // Nothing listens there now, so haproxy tries the next server that it may use.
          await onInternet("systemctl", "stop", `egress@${other}`);
          for (const node of nodes) await eventually(() => haproxyStatus(lab(), node, other), "DOWN", other);
        }
        expect(await stateOn(lab(), await holderOf(lab()), "wg1")).toBe("online");
        for (let client = 0; client < 10; client += 1) expect(await exitOfNewClient(lab())).not.toBe("wg1");
      } finally {
        await set("ready");
      }
      await eventually(() => exitOfNewClient(lab()), "wg1", "exit of a new client");
    },
  );
}
