import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { waitForSql } from "../../../cli/clients/waitForSql.ts";
import { holdersOf } from "../../../cli/hosts/ask.ts";
import { labState, removeLab } from "../../../cli/targets/lab/lab.ts";
import { kill } from "../../../lab/faults/power.ts";
import { down } from "../../../lab/machine/down.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { type EngineStack, lab, smaller, work } from "./engineStack.ts";

/** Of the passphrase "password", from the engine's own tests (pkg/secrets/passphrase/manager_test.go). */
const foreignSalt = "v1:fozI5u6B030=:v1:F+6ZduKKd8G0/V7L:PGMFeIzwobWRKmEAzUdaQHqC5mMRIQ==";

/** Killed commands, bundles that fail, machines without power or disk; at the end the stack is destroyed. */
export function failureTests(engine: () => EngineStack): void {
  test("whose up was killed is finished by the next up", async () => {
    const killed = engine().start("up");
    await expect.poll(isUnderWay, { timeout: 20_000 }).toBe(true);
    killed.kill();
    await killed.ended;
    const { exitCode, stderr } = await engine().command("up");
    expect(exitCode, stderr).toBe(0);
    expect(await engine().bundlesPutOut()).toEqual(await engine().bundlesLive());
    expect(work(JSON.parse((await engine().command("preview", "--json")).stdout).changes)).toEqual({});
  });

  test("whose bundle fails on the backup reports the host's message, and the holder never gets it", async () => {
    const before = await engine().bundlesLive();
    const [holder = ""] = holdersOf(await engine().statuses());
    const backup = ["haproxy1", "haproxy2"].find((node) => node !== holder) ?? "";
    const squatter = "systemd-run --quiet --unit=squatter python3 -m http.server 8499";
    await exec(lab, backup, [
      "sh",
      "-c",
      `${squatter}; until curl -so /dev/null 127.0.0.1:8499; do sleep 0.05; done`,
    ]);

    const taken = { pair: { haproxy: { statsPort: 8499 } } };
    await expect(engine().prepared.configure(taken)).rejects.toThrow(
      /8499: the port is taken by python3 \(pid \d+\)/,
    );
    expect(await engine().bundlesLive()).toEqual(before);
    await waitForSql((await engine().outputs()).pairs.pg?.reach?.databaseUrl ?? "", 5_000);

    await exec(lab, backup, ["systemctl", "stop", "squatter"]);
    await engine().prepared.configure(taken);
    expect(await engine().bundlesPutOut()).toEqual(await engine().bundlesLive());
    await engine().prepared.configure(smaller);
  });

  test("starts a machine that lost power, with its disk", async () => {
    await exec(lab, "haproxy2", ["sh", "-c", "echo kept > /var/tmp/mark && sync"]);
    await kill(lab, "haproxy2");
    const { changes } = await engine().prepared.configure(smaller);
    expect(work(changes)).toEqual({});
    const mark = await exec(lab, "haproxy2", ["cat", "/var/tmp/mark"]);
    expect(mark.stdout).toBe("kept");
  });

  test("makes a new machine where the disk is gone, and it serves again", async () => {
    await down(lab, "haproxy2", { purge: true });
    await engine().prepared.configure(smaller);
    expect(await engine().bundlesPutOut()).toEqual(await engine().bundlesLive());
    expect(holdersOf(await engine().statuses())).toHaveLength(1);
  });

  test("whose lab was removed by hand comes back by the one replacement that the docs name", async () => {
    await removeLab(lab);
    const { stack } = await engine().prepared.open(smaller);
    await stack.up({ replace: [`**::${lab}-network`] });
    expect((await labState(lab)).running.size).toBe(4);
    expect(await engine().bundlesPutOut()).toEqual(await engine().bundlesLive());
    expect(holdersOf(await engine().statuses())).toHaveLength(1);
  });

  test("comes up beside a plain Pulumi CLI that left the salt of another passphrase in the stack file", async () => {
    await engine().prepared.open(smaller);
    const { configFile } = engine().prepared;
    writeFileSync(configFile, `encryptionsalt: ${foreignSalt}\n${readFileSync(configFile, "utf8")}`);
    for (const command of ["preview", "up", "status"]) {
      const { exitCode, stderr } = await engine().command(command);
      expect(exitCode, stderr).toBe(0);
    }
    const answer = await engine().command("pulumi", "stack", "output", "vip");
    expect(answer.stderr).toContain("its encryptionsalt is of another passphrase");
  });

  test("whose passphrase is wrong says so in one sentence that names it, in every command", async () => {
    process.env.PULUMI_CONFIG_PASSPHRASE = "wrong";
    try {
      for (const command of ["up", "preview", "status"]) {
        const { exitCode, stderr } = await engine().command(command);
        expect(exitCode).toBe(1);
        expect(stderr.split("\n").at(-1)).toMatch(
          /^PULUMI_CONFIG_PASSPHRASE is not the passphrase of the state of/,
        );
      }
    } finally {
      delete process.env.PULUMI_CONFIG_PASSPHRASE;
    }
  });

  test("is destroyed completely, also with a broken config, a moved clone, a lost passphrase and after a killed destroy", async () => {
    const { stack } = await engine().prepared.open();
    const moved = JSON.stringify(await stack.exportStack()).replaceAll("lab/main.ts", "moved/lab/main.ts");
    expect(moved).toContain("moved/lab/main.ts");
    await stack.importStack(JSON.parse(moved));
    writeFileSync(engine().prepared.configFile, "config:\n  hapair:target: moon\n  hapair:lab: [\n");
    writeFileSync(engine().prepared.home.passphraseFile, "another");

    const killed = engine().start("destroy");
    await expect.poll(async () => (await labState(lab)).running.size, { timeout: 20_000 }).toBeLessThan(4);
    killed.kill();
    await killed.ended;
    const { exitCode, stdout, stderr } = await engine().command("destroy");
    expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 0, stdout: "lab: removed" });
    expect(await labState(lab)).toEqual({
      known: false,
      otherClone: undefined,
      up: false,
      machines: new Set(),
      disks: new Set(),
      running: new Set(),
    });
    await expect(engine().outputs()).rejects.toThrow("the stack lab is not up: npm start");
  });

  /** Whether the engine has locked the stack's state. */
  function isUnderWay(): boolean {
    const locks = join(engine().prepared.home.state, ".pulumi/locks");
    return (
      existsSync(locks) &&
      readdirSync(locks, { recursive: true, withFileTypes: true }).some((entry) => entry.isFile())
    );
  }
}
