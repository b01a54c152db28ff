import { expect, it } from "vitest";
import { egressConfigPath } from "../../../contract/egressConfig.ts";
import { asAgent } from "../../../drills/machine.ts";
import { uplink } from "../../../drills/proxies.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { actionSocket, masterSocket, operatorSocket, runtimeSocket } from "../../../render/paths.ts";
import { must } from "../hosts/onHost.ts";
import { roles } from "../pair/labPair.ts";
import {
  eventually,
  holderOf,
  journal,
  journalEnd,
  mainPid,
  mapOn,
  page,
  preferSecond,
  stateOn,
} from "./agents.ts";
import { exitOfNewClient, newTunnel } from "./clients.ts";
import type { LabEgress } from "./labEgress.ts";

/** Sends one line to a Unix socket, and prints the answer or the error's code. */
const talk = `const [socket, line] = process.argv.slice(1);
  require("net").connect(socket).on("error", ({ code }) => console.log(code)).end(line + "\\n").pipe(process.stdout)`;

const dropIn = "/run/systemd/system/hapair.service.d/test.conf";
const config = `/${egressConfigPath}`;

/** The loop as a systemd service. */
export function serviceTests(lab: () => LabEgress): void {
  const on = (node: string, ...argv: readonly string[]) => must(lab().lab, node, argv);
  const pidOn = (node: string) => mainPid(lab(), node, "hapair");
  const anotherPid = (node: string, than: number, timeout: number) =>
    expect
      .poll(async () => ![0, than].includes(await pidOn(node)), { timeout, message: "another loop" })
      .toBe(true);

  /** Lets `use` replace the bundle's config; the loop reloads each one, and the bundle's at the end. */
  const withConfigs = async (
    node: string,
    use: (good: string, put: (text: string) => Promise<void>) => Promise<void>,
  ) => {
    const { stdout: good } = await on(node, "cat", config);
    const { stdout: link } = await on(node, "readlink", config);
    try {
      await use(good, async (text) => {
        await on(node, "rm", "-f", config);
        await must(lab().lab, node, ["tee", config], text);
        await on(node, "systemctl", "reload", "hapair");
      });
    } finally {
      await on(node, "ln", "-sfn", link.trim(), config);
      await on(node, "systemctl", "reload", "hapair");
    }
  };

  it("the loop's user writes the file that haproxy opens as root, and cannot put another one in its place", async () => {
    const { mapFile } = lab();
    const node = await holderOf(lab());
    for (const attempt of [
      ["ln", "-sf", "/etc/shadow", mapFile],
      ["mv", mapFile, `${mapFile}.aside`],
      ["rm", "-f", mapFile],
      ["touch", `${mapFile}.new`],
    ])
      expect(await exec(lab().lab, node, [...asAgent, ...attempt])).toMatchObject({ exitCode: 1 });
    expect((await on(node, "stat", "--format=%F %U", mapFile)).stdout).toBe("regular file hapair");
  });

  it("a taken-over loop reads no socket of haproxy's administrator, and changes no backend but its own", async () => {
    const node = await holderOf(lab());
    const answer = async (socket: string, line: string) =>
      (await on(node, ...asAgent, "node", "-e", talk, socket, line)).stdout.trim();
    for (const socket of [runtimeSocket, masterSocket])
      expect(await answer(socket, "show info")).toBe("EACCES");
    for (const command of [
      "add server poolers/evil 10.0.1.99:5432",
      "set server poolers/db1-6432 state maint",
      "shutdown sessions server poolers/db1-6432",
      "disable frontend postgresql",
    ])
      expect(await answer(operatorSocket, command)).toContain("Permission denied");
    for (const request of ["close poolers db1-6432", "follow main poolers/db1-6432 maint", "reload"])
      expect(await answer(actionSocket, request)).toBe("no such request");
    expect((await exec(lab().lab, node, ["hapair", "status"])).stdout).toContain("db1-6432 UP");
  });

  it("a killed loop is back within seconds with its preference, and no client notices", async () => {
    const holder = await holderOf(lab());
    await preferSecond(lab(), holder);
    const tunnel = await newTunnel(lab());
    const before = (await page(lab(), holder)).groups[0]?.switches;
    const pid = await pidOn(holder);
    await on(holder, "systemctl", "kill", "--signal=KILL", "hapair");
    expect(await exitOfNewClient(lab()), "while there is no loop").toBe("wg2");
    await anotherPid(holder, pid, 5000);
    const measured = async () =>
      (await page(lab(), holder)).groups[0]?.servers.every(({ measuredAt }) => measuredAt !== null);
    await eventually(measured, true, "every proxy measured by the new loop");
    expect(await mapOn(lab(), holder)).toBe("wg2");
    expect((await page(lab(), holder)).groups[0]).toMatchObject({ preferred: "wg2", switches: before });
    expect(await tunnel.ask()).toBe("wg2");
    tunnel.leave();
  });

  it("the watchdog restarts a hanging loop while traffic flows", async () => {
    const holder = await holderOf(lab());
    // The shipped 30 s are too long for a test.
    const text = "[Service]\nWatchdogSec=3\nTimeoutAbortSec=1\n";
    await on(holder, "mkdir", "-p", dropIn.replace(/\/[^/]*$/, ""));
    await must(lab().lab, holder, ["tee", dropIn], text);
    try {
      await on(holder, "systemctl", "daemon-reload");
      await on(holder, "systemctl", "restart", "hapair");
      const pid = await pidOn(holder);
      await on(holder, "kill", "-STOP", String(pid));
      await uplink(lab().lab, "wg1", "refused");
      await eventually(() => exitOfNewClient(lab()), "wg2", "exit while the loop hangs", 3000);
      await anotherPid(holder, pid, 15_000);
      await eventually(() => mapOn(lab(), holder), "wg2", "preferred by the new loop");
    } finally {
      await on(holder, "rm", "-f", dropIn);
      await on(holder, "systemctl", "daemon-reload");
      await on(holder, "systemctl", "restart", "hapair");
    }
  });

  it("SIGHUP keeps the old config and says so where the new one is bad, and loads a good one in the same process", async () => {
    const { backup: node } = await roles(lab());
    const pid = await pidOn(node);
    const groups = async () => (await page(lab(), node)).groups.map(({ name, port }) => `${name} ${port}`);
    await withConfigs(node, async (good, put) => {
      const reloaded = async (text: string, sentence: RegExp) => {
        const cursor = await journalEnd(lab(), node);
        await put(text);
        const says = async () => (await journal(lab(), node, cursor)).some((line) => sentence.test(line));
        await eventually(says, true, String(sentence));
      };
      await reloaded(
        "{",
        /^the old config stays in force: \/etc\/hapair\/egress\.json is not JSON .*event=config$/,
      );
      await reloaded(
        '{"host": 1}',
        /^the old config stays in force: \/etc\/hapair\/egress\.json is not an egress config: /,
      );
      await reloaded(
        good.replace(/"ca": ?"[^"]*"/, '"ca": "no certificate"'),
        /^the old config stays in force: .*event=config$/,
      );
      expect(await groups()).toEqual(["main 7891"]);
      await reloaded(
        good.replace(/"name": ?"main"/, '"name": "other"'),
        /^the config in \/etc\/hapair is in force event=config$/,
      );
      await eventually(groups, ["other 7891"], "groups of the new config");
    });
    await eventually(groups, ["main 7891"], "groups of the old config");
    expect(await pidOn(node)).toBe(pid);
  });

  it("a certificate authority is trusted as soon as it is in the host's store", async () => {
    const { backup: node } = await roles(lab());
    const authority = "/usr/local/share/ca-certificates/test.crt";
    try {
      await withConfigs(node, async (good, put) => {
        const { ca, ...others } = JSON.parse(good);
        await put(JSON.stringify({ ...others, ca: "" }));
        await eventually(() => stateOn(lab(), node, "wg1"), "degraded (certificate-untrusted)", "wg1");
        await must(lab().lab, node, ["tee", authority], ca);
        await on(node, "update-ca-certificates");
        await eventually(() => stateOn(lab(), node, "wg1"), "online", "wg1");
      });
    } finally {
      await on(node, "rm", "-f", authority);
      await on(node, "update-ca-certificates", "--fresh");
    }
  });

  it("SIGTERM ends the loop within two seconds, with its memory on disk, and traffic keeps flowing", async () => {
    const holder = await holderOf(lab());
    await preferSecond(lab(), holder);
    const tunnel = await newTunnel(lab());
    const begun = performance.now();
    await on(holder, "systemctl", "stop", "hapair");
    expect(performance.now() - begun, "ms to stop").toBeLessThan(2000);
    const { stdout } = await on(holder, "systemctl", "show", "-p", "Result,ExecMainStatus", "hapair");
    expect(stdout.split("\n").toSorted()).toEqual(["ExecMainStatus=0", "Result=success"]);
    expect([await tunnel.ask(), await exitOfNewClient(lab())]).toEqual(["wg2", "wg2"]);
    tunnel.leave();
    await on(holder, "systemctl", "start", "hapair");
    expect((await page(lab(), holder)).groups[0]?.preferred).toBe("wg2");
  });

  it("the loop has its own user, without capabilities, that can read no secret", async () => {
    for (const node of lab().nodes) {
      const pid = String(await pidOn(node));
      const { stdout: status } = await on(node, "cat", `/proc/${pid}/status`);
      const { stdout: uid } = await on(node, "id", "-u", "hapair");
      expect(status).toMatch(new RegExp(`^Uid:\\t${uid.trim()}(\\t${uid.trim()}){3}$`, "m"));
      for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
        expect(status).toMatch(new RegExp(`^${set}:\\t0{16}$`, "m"));
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
      const { stdout: text } = await on(node, "cat", config);
      for (const [name, value] of await secretsOf(lab(), node))
        expect(text.includes(value), `${name} in ${config} of ${node}`).toBe(false);
      const readable = await exec(lab().lab, node, [
        "runuser",
        "-u",
        "hapair",
        "--",
        "cat",
        "/etc/hapair/agent.json",
      ]);
      expect(readable.exitCode, "to read the agent's own config of passwords").not.toBe(0);
    }
  });
}

async function secretsOf(
  { stack, pair }: LabEgress,
  node: string,
): Promise<readonly (readonly [string, string])[]> {
  const outputs = await stack.outputs();
  const access = outputs.pairs[pair.name];
  return [
    ["the stats password", String(access?.statsPassword)],
    ["the database password", new URL(String(access?.databaseUrl)).password],
    ["the SSH key", String(outputs.ssh[node]?.privateKey?.split("\n")[2])],
    ["a private key", "PRIVATE KEY"],
  ];
}
