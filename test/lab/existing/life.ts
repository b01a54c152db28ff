import { expect, test } from "vitest";
import { waitFor } from "../../../base/waitFor.ts";
import { waitForSql } from "../../../cli/clients/waitForSql.ts";
import { freeze, kill, thaw } from "../../../lab/faults/power.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { liveBundle, must } from "../hosts/onHost.ts";
import { type BareLab, machineNames, ownHost } from "./bareLab.ts";
import { holds, letHold } from "./holder.ts";
import { rememberPackages } from "./plainHosts.ts";
import { databaseUrl } from "./sql.ts";

/** A change of the pair that both nodes get. */
const smaller = (maxConnections: number) => ({ haproxy: { maxConnections } });

/** Taken over, used, changed, with a host that is frozen and one that loses power meanwhile. */
export function lifeTests(lab: () => BareLab): void {
  const up = (...args: readonly string[]) => lab().command("up", "hosts", ...args).ended;
  const bundles = async () => {
    const entries = await Promise.all(
      machineNames.map(async (name) => [name, (await liveBundle(lab().lab, name)).sha] as const),
    );
    return Object.fromEntries(entries);
  };

  test("an installation that waits for apt's lock starts no daemon, and an interrupted up is finished by the next", {
    timeout: 600_000,
  }, async () => {
    const lock =
      "import fcntl, time; f = open('/var/lib/dpkg/lock-frontend', 'w'); fcntl.lockf(f, fcntl.LOCK_EX); time.sleep(15)";
    const locked = exec(lab().lab, "db1", ["python3", "-c", lock]);
    const interrupted = lab().command("up", "hosts");
    const unpacked = (name: string, program: string) =>
      waitFor(300_000, async () =>
        (await exec(lab().lab, name, ["test", "-e", program])).exitCode === 0 ? true : undefined,
      );
    expect(await unpacked("haproxy2", "/usr/sbin/keepalived")).toBe(true);
    expect(await unpacked("db1", "/usr/sbin/pgbouncer")).toBe(true);
    interrupted.kill();
    await interrupted.ended;
    await locked;
    const newUnits = {
      haproxy2: ["haproxy.service", "keepalived.service", "ufw.service"],
      db1: ["pgbouncer.service", "postgresql.service", "postgresql@17-main.service"],
    };
    for (const [name, units] of Object.entries(newUnits)) {
      // An interrupted up leaves its installation to end by itself.
      await must(lab().lab, name, ["flock", "--timeout", "120", "/run/hapair-install.lock", "true"]);
      for (const unit of units) {
        const show = ["systemctl", "show", "--property=ActiveEnterTimestampMonotonic", "--value", unit];
        expect((await must(lab().lab, name, show)).stdout.trim(), `${unit} has run`).toBe("0");
        const enabled = await exec(lab().lab, name, ["systemctl", "is-enabled", unit]);
        expect(enabled.stdout.trim(), unit).not.toBe("enabled");
      }
    }
    await rememberPackages(lab());

    const begun = performance.now();
    const { exitCode, stderr } = await up();
    expect(exitCode, stderr).toBe(0);
    await waitForSql(await databaseUrl(lab()), 30_000);
    console.log(stderr, `SQL after ${Math.round(performance.now() - begun)} ms`);
    for (const name of machineNames) {
      expect((await exec(lab().lab, name, ["ls", "/usr/sbin/policy-rc.d"])).exitCode, name).not.toBe(0);
    }
  });

  test("an up that has nothing to do does nothing", async () => {
    const before = await bundles();
    const { exitCode, stdout, stderr } = await up("--json");
    expect(exitCode, stderr).toBe(0);
    expect(Object.keys(JSON.parse(stdout).changes)).toEqual(["same"]);
    expect(await bundles()).toEqual(before);
  });

  test("status and psql work without a lab's forwarded ports", async () => {
    const status = await lab().command("status", "hosts").ended;
    expect(status.exitCode, status.stdout + status.stderr).toBe(0);
    expect(status.stdout).toMatch(/pg: 10\.0\.1\.100 is held by haproxy[12]/);
    const asked = await lab().inNetwork("psql", "--stack", "hosts", "-Atc", "select 6 * 7");
    expect(asked.stdout, asked.stderr).toBe("42");
  });

  test("a frozen backup is told within a minute, and left out on demand: the holder follows without it", {
    timeout: 300_000,
  }, async () => {
    const backup = (await holds(lab().lab, "haproxy1")) ? "haproxy2" : "haproxy1";
    const holder = backup === "haproxy1" ? "haproxy2" : "haproxy1";
    const before = await bundles();
    lab().configurePair(smaller(3000));
    freeze(lab().lab, backup);
    const blocked = await up();
    expect(blocked.exitCode).toBe(1);
    expect(blocked.stderr).toMatch(new RegExp(`^${backup}: does not answer at admin@127\\.0\\.0\\.1:`, "m"));
    expect(blocked.stderr).toContain(`npm run up -- hosts --without ${backup}`);

    const { exitCode, stderr } = await up("--without", backup);
    expect(exitCode, stderr).toBe(0);
    thaw(lab().lab, backup);
    const between = await bundles();
    expect(between[holder]).not.toBe(before[holder]);
    expect(between[backup]).toBe(before[backup]);

    const all = await up();
    expect(all.exitCode, all.stderr).toBe(0);
    const after = await bundles();
    expect(after[backup]).not.toBe(before[backup]);
    expect(after[holder]).toBe(between[holder]);
  });

  test("a host that loses power in the middle of an up is told, and the next up finishes", {
    timeout: 400_000,
  }, async () => {
    // The host with services of its own is compared with what it was, also with what only runs at a boot.
    const backup = "haproxy2";
    await letHold(lab().lab, ownHost, backup);
    lab().configurePair(smaller(3100));
    const running = lab().command("up", "hosts");
    // It has answered for its facts, and dies while it checks its bundle.
    const checks = 'until pgrep -f "[h]apair stage -"; do sleep 0.02; done';
    await must(lab().lab, backup, ["timeout", "60", "sh", "-c", checks]);
    kill(lab().lab, backup);
    const { exitCode, stderr } = await running.ended;
    expect(exitCode).toBe(1);
    expect(stderr).toContain(backup);
    await waitForSql(await databaseUrl(lab()), 30_000);

    await lab().start(backup);
    const again = await up();
    expect(again.exitCode, again.stderr).toBe(0);
    const status = await lab().command("status", "hosts").ended;
    expect(status.exitCode, status.stdout).toBe(0);
  });

  test("hostkeys prints the keys that the config has, and tells another one", async () => {
    const { logins, configure } = lab();
    const same = await lab().command("hostkeys", "hosts").ended;
    expect(same.exitCode, same.stderr).toBe(0);
    expect(same.stdout.match(/SHA256:[A-Za-z0-9+/]{43} as the config has it/g)).toHaveLength(3);

    const { hostKey: _, ...unknown } = logins.haproxy1;
    const other = { ...logins.haproxy2, hostKey: logins.db1.hostKey };
    configure({}, { machines: { ...logins, haproxy1: unknown, haproxy2: other } });
    const { exitCode, stdout } = await lab().command("hostkeys", "hosts").ended;
    configure();
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/haproxy2 127\.0\.0\.1:\d+ SHA256:\S+ which is not the key in the config/);
    expect(stdout).toContain(`  haproxy1: { hostKey: "${logins.haproxy1.hostKey}" }`);
    expect(stdout).toContain(`  haproxy2: { hostKey: "${logins.haproxy2.hostKey}" }`);
  });
}
