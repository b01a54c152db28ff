import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import * as z from "zod";
import { uplink } from "../../../drills/proxies.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { egressBackend, egressMapFile } from "../../../render/paths.ts";
import { quickEgress } from "../../drill/quickEgress.ts";
import { must } from "../hosts/onHost.ts";
import { eventually, haproxyStatus, holderOf, mainPid, mapOn } from "./agents.ts";
import { exitOfNewClient } from "./clients.ts";
import { type LabEgress, labConfig } from "./labEgress.ts";

const Shipped = z.object({
  egress: z.looseObject({ groups: z.tuple([z.looseObject({ servers: z.array(z.unknown()) })]) }),
});

/** First proxy of the second group: a wireproxy on every node. */
const own = { name: "own", address: "127.0.0.1", port: 18183, wireproxy: true };
const second = { name: "second", port: 7892 };
const program = "/usr/local/bin/wireproxy";
const unit = "wireproxy@own.service";
const secretFile = "/etc/hapair/wireproxy/own.conf";

/** Two groups, and proxies that the nodes run. These tests come last because they change the lab's config. */
export function groupTests(lab: () => LabEgress): void {
  const on = (node: string, ...argv: readonly string[]) => must(lab().lab, node, argv);
  /** The lab with the ports and names of the second group. */
  const other = (): LabEgress => ({
    ...lab(),
    backend: egressBackend(second.name),
    mapFile: egressMapFile(second.name),
    way: { ...lab().way, proxy: { ...lab().way.proxy, port: lab().way.proxy.port + 1 } },
  });
  const addressOf = (node: string) => lab().pair.nodes.find(({ name }) => name === node)?.address;

  it("a roll-out adds a second group with the user's wireproxy, and each group uses its own first proxy", async () => {
    const stub = readFileSync(join(import.meta.dirname, "wireproxyStub.py"), "utf8");
    for (const node of lab().nodes)
      await must(lab().lab, node, ["sh", "-c", `cat > ${program} && chmod 755 ${program}`], stub);
    const { egress } = Shipped.parse(quickEgress().pair);
    const [main] = egress.groups;
    const [, wg2] = main.servers;
    const groups = [main, { ...main, ...second, essential: false, servers: [own, wg2], lastResorts: [] }];
    const conf = (node: string) =>
      `[Interface]\nPrivateKey = of-${node}\n\n[Socks5]\nBindAddress = ${own.address}:${own.port}\n`;
    const wireproxy = { pg: { own: Object.fromEntries(lab().nodes.map((node) => [node, conf(node)])) } };
    await lab().stack.configure({
      pair: { egress: { ...egress, groups } },
      config: { ...labConfig, wireproxy },
    });

    const holder = await holderOf(lab());
    await eventually(
      () => exitOfNewClient(other()),
      addressOf(holder),
      "exit of a client of the second group",
    );
    expect(await exitOfNewClient(lab()), "exit of a client of the first group").toBe("wg1");
    for (const node of lab().nodes) {
      await eventually(() => mapOn(other(), node), "own", `preferred by the second group on ${node}`);
      expect(await mapOn(lab(), node)).toBe("wg1");
    }
  });

  it("a dead proxy of one group moves no client of the other", async () => {
    const holder = await holderOf(lab());
    await uplink(lab().lab, "wg1", "refused");
    await eventually(() => exitOfNewClient(lab()), "wg2", "exit of a client of the first group");
    await eventually(() => mapOn(lab(), holder), "wg2", "preferred by the first group");
    expect([await mapOn(other(), holder), await exitOfNewClient(other())]).toEqual([
      "own",
      addressOf(holder),
    ]);
    await uplink(lab().lab, "wg1", "open");

    await on(holder, "systemctl", "stop", unit);
    await eventually(() => exitOfNewClient(other()), "wg2", "exit while the wireproxy is stopped");
    await eventually(() => haproxyStatus(other(), holder, "own"), "DOWN", "haproxy about it");
    await on(holder, "systemctl", "start", unit);
    await eventually(() => haproxyStatus(other(), holder, "own"), "UP", "haproxy about it");
  });

  it("a wireproxy that crashes is started again by its unit", async () => {
    const [node = ""] = lab().nodes;
    const pid = await mainPid(lab(), node, unit);
    expect(pid).toBeGreaterThan(0);
    await on(node, "systemctl", "kill", "--signal=KILL", unit);
    await expect
      .poll(async () => [0, pid].includes(await mainPid(lab(), node, unit)), { timeout: 5000 })
      .toBe(false);
  });

  it("a wireproxy has its own user without capabilities, a low exposure, and a config that only root can read", async () => {
    for (const node of lab().nodes) {
      const pid = String(await mainPid(lab(), node, unit));
      const { stdout: status } = await on(node, "cat", `/proc/${pid}/status`);
      expect(status).toMatch(/^Uid:\t([1-9]\d+)(\t\1){3}$/m);
      for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
        expect(status).toMatch(new RegExp(`^${set}:\\t0{16}$`, "m"));
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
      expect(status).toMatch(/^Seccomp:\t2$/m);

      const { stdout: owner } = await on(node, "stat", "--dereference", "--format=%a %U", secretFile);
      expect(owner.trim()).toBe("600 root");
      const uid = /^Uid:\t(\d+)/m.exec(status)?.[1] ?? "";
      const canRead = async (path: string) => {
        const argv = ["setpriv", "--reuid", uid, "--clear-groups", "cat", path];
        return (await exec(lab().lab, node, argv)).exitCode === 0;
      };
      expect([await canRead("/etc/hostname"), await canRead(secretFile)]).toEqual([true, false]);
      const { stdout: shown } = await on(node, "systemctl", "show", "-p", "Environment,ExecStart", unit);
      expect(shown).not.toContain("PrivateKey");
    }
    const [node = ""] = lab().nodes;
    const { stdout } = await on(node, "systemd-analyze", "security", "--no-pager", unit);
    const exposure = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]);
    expect(exposure, `exposure of ${unit}, by systemd-analyze`).toBeLessThan(3);
  });
}
