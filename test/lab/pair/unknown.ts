import pg from "pg";
import { expect, it } from "vitest";
import { hostStatuses } from "../../../cli/hosts/ask.ts";
import { verdictOf } from "../../../cli/hosts/drift.ts";
import { formatStatus } from "../../../cli/hosts/formatStatus.ts";
import { HostReport } from "../../../contract/hostStatus.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { apply, liveBundle, must, withFile } from "../hosts/onHost.ts";
import { type LabPair, roles } from "./labPair.ts";

const config = "etc/haproxy/haproxy.cfg";
const store = "/var/lib/hapair";
const failed = 1;

/** What a host cannot write, and what the status cannot know. */
export function unknownTests(lab: () => LabPair): void {
  const sh = (machine: string, script: string) => must(lab().lab, machine, ["sh", "-euc", script]);
  const reportOf = async (machine: string) =>
    HostReport.parse(JSON.parse((await must(lab().lab, machine, ["hapair", "status", "--json"])).stdout));

  it.each([
    [
      "is full",
      "head -c 16M /dev/zero > $s/fill || true",
      /the disk is full, 0 MB of 16 MB are free \(ENOSPC\)/,
    ],
    [
      "has no inodes",
      "mount -o remount,nr_inodes=$(df --output=iused $s | tail -n 1 | tr -d ' ') $s",
      /has no free inodes, of \d+ \(ENOSPC\)/,
    ],
    ["is read-only", "mount -o remount,ro $s", /mounted read-only \(EROFS\)/],
  ])(
    "a store whose disk %s refuses a bundle in one sentence, and the status warns",
    async (_, spoil, reason) => {
      const { backup } = await roles(lab());
      const live = await liveBundle(lab().lab, backup);
      // A small disk with the same content takes the store's place.
      const mount = `m=$(mktemp -d); mount -t tmpfs -o size=16M,mode=0711 store $m; cp -a ${store}/. $m; mount --bind $m ${store}; umount $m`;
      await sh(backup, mount);
      try {
        await sh(backup, `s=${store}; ${spoil}`);
        const text = withFile(live, config, (cfg) => cfg.replace(/maxconn \d+/, "maxconn 3600"));
        const { exitCode, stderr } = await apply(lab().lab, backup, text);
        expect([exitCode, stderr]).toEqual([failed, expect.stringMatching(reason)]);
        expect(stderr.trim().split("\n")).toHaveLength(1);
        expect((await reportOf(backup)).warnings).toEqual([expect.stringContaining(store)]);
      } finally {
        await sh(backup, `umount ${store}`);
      }
      expect((await liveBundle(lab().lab, backup)).sha).toBe(live.sha);
    },
  );

  it("a session that a reload left to an older process is counted", async () => {
    const { holder } = await roles(lab());
    const live = await liveBundle(lab().lab, holder);
    const session = new pg.Client({ connectionString: lab().forwardedUrl });
    session.on("error", () => {});
    await session.connect();
    try {
      const text = withFile(live, config, (cfg) => cfg.replace(/maxconn \d+/, "maxconn 3500"));
      expect((await apply(lab().lab, holder, text)).exitCode).toBe(0);
      const { node, problems } = await reportOf(holder);
      expect(problems).toEqual([]);
      const workers = node?.haproxy?.workers ?? [];
      expect(workers.filter(({ old }) => !old)).toHaveLength(1);
      const left = workers.filter(({ old }) => old).map(({ connections }) => connections ?? 0);
      expect(Math.max(...left)).toBeGreaterThan(0);
      const sum = workers.reduce((all, { connections }) => all + (connections ?? 0), 0);
      expect(node?.haproxy?.connections).toBe(sum);
    } finally {
      await session.end().catch(() => {});
      await exec(lab().lab, holder, ["hapair", "apply", live.sha]);
    }
  });

  it("a holder whose shell prints a banner is unknown, with its words, and not a missing holder", async () => {
    const { holder } = await roles(lab());
    const file = `~${lab().outputs.ssh[holder]?.user}/.bashrc`;
    await sh(holder, `cp -a ${file} ${file}.kept; sed -i '1i echo Welcome to the machine' ${file}`);
    try {
      const statuses = await hostStatuses(lab().outputs.ssh);
      const shown = formatStatus(lab().outputs, statuses);
      expect(verdictOf(lab().outputs, statuses)).toBe("unknown");
      expect(shown).toContain(`has an unknown holder: ${holder} is unknown`);
      expect(shown).toContain(
        `${holder} is unknown: its shell prints "Welcome to the machine" before the status`,
      );
    } finally {
      await sh(holder, `mv ${file}.kept ${file}`);
    }
  });

  it("a host on which a program hangs is told from one that is away", async () => {
    const { backup } = await roles(lab());
    const program = "p=$(readlink -f $(command -v hapair))";
    await sh(
      backup,
      `${program}; printf '#!/bin/sh\\nexec sleep 15\\n' > /run/hangs; chmod 755 /run/hangs; mount --bind /run/hangs $p`,
    );
    try {
      const statuses = await hostStatuses(lab().outputs.ssh);
      expect(statuses.find(({ host }) => host === backup)?.trouble).toBe(
        "the login succeeded, but the command has not ended within 10 s",
      );
    } finally {
      await sh(backup, `${program}; umount $p; rm /run/hangs`);
    }
  });
}
