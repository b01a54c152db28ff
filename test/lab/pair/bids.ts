import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { machineInterface } from "../../../contract/lab.ts";
import { knock } from "../hosts/application.ts";
import { liveBundle, must, occupy } from "../hosts/onHost.ts";
import { ask, failuresMeanwhile } from "./client.ts";
import { type LabPair, roles } from "./labPair.ts";

/** A node that hears no adverts would take the address several times over within this time. */
const watchedMs = 1500;

/** What makes a node bid for the virtual address, and what must not. */
export function bidTests(lab: () => LabPair): void {
  it("adverts are not tracked: a full table of tracked connections does not hold them back", async () => {
    for (const { name } of lab().pair.nodes) {
      const tracked = (await must(lab().lab, name, ["cat", "/proc/net/nf_conntrack"])).stdout;
      expect(tracked).toContain(" tcp ");
      // Protocol 112 is VRRP.
      expect(tracked).not.toMatch(/\b112\b.*src=10\.0\.1\.2[01] dst=10\.0\.1\.2[01]/);
    }
  });

  it("a reload of the firewall moves nothing and fails no query", async () => {
    await nothingMoves(lab(), async ({ holder, backup }) => {
      for (const node of [holder, backup, holder, backup]) await must(lab().lab, node, ["ufw", "reload"]);
    });
    // ufw has written its rule files in its own words: an edit, which the next apply takes back.
    for (const { name } of lab().pair.nodes) {
      const { sha } = await liveBundle(lab().lab, name);
      await must(lab().lab, name, ["hapair", "apply", sha]);
    }
  });

  describe("a backup", () => {
    it("whose keepalived starts before the node has its own address stays out, and is backup once it is there", async () => {
      await nothingMoves(lab(), async ({ backup }) => {
        const { own, device } = addressOf(lab(), backup);
        await systemctl(backup, "stop", "keepalived", "hapair-address");
        await must(lab().lab, backup, ["ip", "address", "delete", own, "dev", device]);
        try {
          await systemctl(backup, "start", "hapair-address", "keepalived");
          await sleep(watchedMs);
          expect(await states(backup)).not.toContain("MASTER");
        } finally {
          await must(lab().lab, backup, ["ip", "address", "replace", own, "dev", device]);
        }
        await expect.poll(() => states(backup), { timeout: 10_000 }).toContain("BACKUP");
        await sleep(watchedMs);
        expect(await states(backup)).not.toContain("MASTER");
      });
    });

    it("whose interface goes down and comes back stays out", async () => {
      await nothingMoves(lab(), async ({ backup }) => {
        const { device } = addressOf(lab(), backup);
        await must(lab().lab, backup, ["ip", "link", "set", device, "down"]);
        await sleep(watchedMs);
        await must(lab().lab, backup, ["ip", "link", "set", device, "up"]);
        await sleep(watchedMs);
      });
    });

    it("whose haproxy cannot bind its port does not take the address back", async () => {
      const { holder, backup } = await roles(lab());
      await systemctl(holder, "stop", "haproxy");
      const foreign = await occupy(lab().lab, holder, lab().pair.haproxy.port);
      try {
        await must(lab().lab, holder, ["sh", "-c", "systemctl start haproxy || true"]);
        await sleep(watchedMs);
        expect(await roles(lab())).toEqual({ holder: backup, backup: holder });
        expect(await ask(lab().forwardedUrl, "select 1")).toBe(1);
      } finally {
        await foreign.leave();
        await systemctl(holder, "restart", "haproxy");
      }
    });
  });

  it("a holder whose checks take seconds, as on a host without a free core, keeps the address", async () => {
    await nothingMoves(lab(), async ({ holder }) => {
      const slow = String.raw`#!/bin/sh\nsleep 3\nexec /run/ip "$@"\n`;
      const make = `cp /usr/bin/ip /run/ip && printf '${slow}' > /run/slow-ip && chmod 755 /run/slow-ip`;
      await must(lab().lab, holder, ["sh", "-c", `${make} && mount --bind /run/slow-ip /usr/bin/ip`]);
      const late = async () => (await log(holder)).split("already running, expect idle").length;
      const before = await late();
      try {
        await expect.poll(late, { timeout: 10_000 }).toBeGreaterThan(before);
      } finally {
        await must(lab().lab, holder, ["umount", "--lazy", "/usr/bin/ip"]);
      }
      await sleep(watchedMs);
    });
  });

  it("a node that cannot look at its own address for a moment keeps what it was", async () => {
    await nothingMoves(lab(), async ({ holder, backup }) => {
      for (const node of [holder, backup]) {
        const { device } = addressOf(lab(), node);
        const [spare, path] = ["10.0.1.199/32", "/run/systemd/system/hapair-address.service.d"];
        const failing = String.raw`#!/bin/sh\ncase "$*" in *show*) exit 1;; *) exec /usr/bin/ip "$@";; esac\n`;
        const make = [
          `mkdir -p /opt/failing ${path} && printf '${failing}' > /opt/failing/ip && chmod 755 /opt/failing/ip`,
          `printf '[Service]\\nEnvironment=PATH=/opt/failing:/usr/bin\\n' > ${path}/failing.conf`,
          "systemctl daemon-reload",
        ];
        await must(lab().lab, node, ["sh", "-c", make.join(" && ")]);
        try {
          await systemctl(node, "restart", "hapair-address");
          await must(lab().lab, node, ["ip", "address", "add", spare, "dev", device]);
          await sleep(watchedMs);
        } finally {
          await must(lab().lab, node, ["ip", "address", "delete", spare, "dev", device]);
          await must(lab().lab, node, ["rm", "-r", "/opt/failing", path]);
          await systemctl(node, "daemon-reload");
          await systemctl(node, "restart", "hapair-address");
        }
        expect((await states(node)).at(-1)).toBe(node === holder ? "MASTER" : "BACKUP");
      }
    });
  });

  it("a client whose neighbour table names another machine for the address is back within two seconds", async () => {
    const { vip } = lab().pair;
    const neighbour = async () =>
      (await must(lab().lab, "app", ["ip", "neighbour", "show", vip.address])).stdout;
    const door = `${vip.address}:${lab().pair.haproxy.port}`;
    expect(await knock(lab().lab, [door])).toEqual({ [door]: "open" });
    const before = /dev (\S+) lladdr (\S+)/.exec(await neighbour());
    const [, device = "", holders = ""] = before ?? [];
    const { interface: theirs } = lab().stack.topology.network;
    const other = (
      await must(lab().lab, lab().db.name, ["cat", `/sys/class/net/${theirs}/address`])
    ).stdout.trim();
    expect(holders).not.toBe(other);
    const claim = ["ip", "neighbour", "replace", vip.address, "lladdr", other, "dev", device, "nud", "stale"];
    await must(lab().lab, "app", claim);
    expect(await neighbour()).toContain(other);
    await expect.poll(neighbour, { timeout: 2000, interval: 50 }).toContain(holders);
  });

  const systemctl = (node: string, ...words: readonly string[]) =>
    must(lab().lab, node, ["systemctl", ...words]);

  /** What the running keepalived has logged. */
  async function log(node: string): Promise<string> {
    const read = `journalctl --output=cat _SYSTEMD_INVOCATION_ID="$(systemctl show --property=InvocationID --value keepalived)"`;
    return (await must(lab().lab, node, ["sh", "-c", read])).stdout;
  }

  /** States that the running keepalived has entered, oldest first. */
  async function states(node: string): Promise<readonly string[]> {
    return [...(await log(node)).matchAll(/Entering (\w+) STATE/g)].map(([, state = ""]) => state);
  }

  /** Runs `work` under queries: none fails, and no node enters MASTER meanwhile. */
  async function nothingMoves(
    { pair }: LabPair,
    work: (now: { readonly holder: string; readonly backup: string }) => Promise<void>,
  ): Promise<void> {
    const before = await roles(lab());
    const since = String(Date.now() / 1000);
    expect(await failuresMeanwhile(lab(), () => work(before))).toEqual([]);
    expect(await roles(lab())).toEqual(before);
    for (const { name } of pair.nodes) {
      const log = ["journalctl", "--unit=keepalived", "--output=cat", `--since=@${since}`];
      expect((await must(lab().lab, name, log)).stdout, name).not.toContain("Entering MASTER STATE");
    }
  }
}

/** A node's own address with its prefix length, and its interface. */
function addressOf(
  { pair, stack }: LabPair,
  node: string,
): { readonly own: string; readonly device: string } {
  const { cidr } = stack.topology.network;
  const address = pair.nodes.find(({ name }) => name === node)?.address;
  return { own: `${address}/${cidr.split("/")[1]}`, device: machineInterface };
}
