import { dirname } from "node:path";
import { expect, it } from "vitest";
import { askHaproxy } from "../../../drills/observe/daemons.ts";
import { uplink } from "../../../drills/proxies.ts";
import { egressStateFile } from "../../../render/paths.ts";
import { egressLogFolder } from "../../../render/services/hapair.ts";
import { apply, liveBundle, must, withFile } from "../hosts/onHost.ts";
import { roles } from "../pair/labPair.ts";
import {
  eventually,
  holderOf,
  journal,
  journalEnd,
  mainPid,
  mapOn,
  preferSecond,
  workerOf,
} from "./agents.ts";
import { exitOfNewClient, newTunnel } from "./clients.ts";
import type { LabEgress } from "./labEgress.ts";

const stateFolder = dirname(egressStateFile);

/** Open tunnels and the preference over switches, reloads, restarts and failures. */
export function sessionTests(lab: () => LabEgress): void {
  it("an open tunnel survives a switch, an apply with its reloads, a restart and a kill of the loop", async () => {
    const holder = await holderOf(lab());
    const tunnel = await newTunnel(lab());
    const same = async (after: string) => expect(await tunnel.ask(), `after ${after}`).toBe("wg1");
    await same("its opening");
    await preferSecond(lab(), holder);
    expect(await exitOfNewClient(lab())).toBe("wg2");
    await same("a switch of preference");

    const live = await liveBundle(lab().lab, holder);
    const worker = await workerOf(lab(), holder);
    const text = withFile(live, "etc/haproxy/haproxy.cfg", (cfg) =>
      cfg.replace(/maxconn \d+/, "maxconn 3900"),
    );
    const applied = await apply(lab().lab, holder, text);
    expect([applied.exitCode, JSON.parse(applied.stdout).reloaded], applied.stderr).toEqual([
      0,
      ["haproxy.service"],
    ]);
    expect(await workerOf(lab(), holder)).not.toBe(worker);
    expect(await exitOfNewClient(lab()), "the preference after the reload").toBe("wg2");
    await same("a reload of haproxy");
    const back = await apply(lab().lab, holder, live.text);
    expect(back.exitCode, back.stderr).toBe(0);

    await must(lab().lab, holder, ["systemctl", "restart", "hapair"]);
    await same("a restart of the loop");
    await must(lab().lab, holder, ["systemctl", "kill", "--signal=KILL", "hapair"]);
    await same("a kill of the loop");
    tunnel.leave();
  });

  it("a dead proxy's tunnels are closed within seconds, also on an old worker after a reload, and no other tunnels are", async () => {
    const holder = await holderOf(lab());
    const dead = await newTunnel(lab());
    expect(await dead.ask()).toBe("wg1");
    await preferSecond(lab(), holder);
    const other = await newTunnel(lab());
    expect(await other.ask()).toBe("wg2");
    const worker = await workerOf(lab(), holder);
    await must(lab().lab, holder, ["systemctl", "reload", "haproxy"]);
    await expect.poll(() => workerOf(lab(), holder), { timeout: 5000 }).not.toBe(worker);
    expect([await dead.ask(), await other.ask()]).toEqual(["wg1", "wg2"]);

    let closed = false;
    void dead.closed.then(() => {
      closed = true;
    });
    await uplink(lab().lab, "wg1", "cut");
    await expect.poll(() => closed, { timeout: 6000, message: "the dead tunnel's end" }).toBe(true);
    expect(await other.ask()).toBe("wg2");
    other.leave();
  });

  it("the preference outlasts a reload and a restart of haproxy, with and without the loop", async () => {
    const { backup: node } = await roles(lab());
    await preferSecond(lab(), node);
    const systemctl = (...argv: readonly string[]) => must(lab().lab, node, ["systemctl", ...argv]);
    const through = async (what: "reload" | "restart") => {
      const worker = await workerOf(lab(), node);
      await systemctl(what, "haproxy");
      await expect
        .poll(() => workerOf(lab(), node).catch(() => worker), { timeout: 10_000 })
        .not.toBe(worker);
      await eventually(() => mapOn(lab(), node), "wg2", `preferred after a ${what}`, 3000);
    };
    await through("reload");
    await through("restart");
    await systemctl("stop", "hapair");
    await through("reload");
    await through("restart");
    await systemctl("start", "hapair");
    expect(await mapOn(lab(), node)).toBe("wg2");
  });

  it.each([
    ["names another proxy", "set map FILE preferred warp"],
    ["was cleared", "clear map FILE"],
  ])("a map that %s is corrected", async (_, command) => {
    const { backup: node } = await roles(lab());
    await askHaproxy(lab().lab, node, command.replace("FILE", lab().mapFile));
    expect(await mapOn(lab(), node)).not.toBe("wg1");
    await eventually(() => mapOn(lab(), node), "wg1", "the map", 15_000);
    expect(await mainPid(lab(), node, "hapair")).toBeGreaterThan(0);
  });

  it("the preference moves where the disk takes no writes, and is written as soon as it does", async () => {
    const holder = await holderOf(lab());
    const file = async () => (await must(lab().lab, holder, ["head", "-n", "1", lab().mapFile])).stdout;
    const cursor = await journalEnd(lab(), holder);
    const belongTo = (user: string) =>
      must(lab().lab, holder, [
        "chown",
        "-R",
        `${user}:${user}`,
        lab().mapFile,
        stateFolder,
        egressLogFolder,
      ]);
    await belongTo("root");
    try {
      await uplink(lab().lab, "wg1", "refused");
      await eventually(() => mapOn(lab(), holder), "wg2", "preferred while wg1 is dead");
      expect(await file()).toBe("preferred wg1");
    } finally {
      await belongTo("hapair");
    }
    await eventually(file, "preferred wg2", "the map's file");
    await uplink(lab().lab, "wg1", "open");
    const over = ["log", "preference of main", "state file"].map(
      (what) => `${what}: works again event=trouble-over`,
    );
    const told = async () => (await journal(lab(), holder, cursor)).filter((line) => over.includes(line));
    await eventually(async () => (await told()).toSorted(), over, "what works again");
  });
}
