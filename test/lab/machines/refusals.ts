import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { execa } from "execa";
import { expect, it } from "vitest";
import { lab, ports, run, specs, stateOf } from "./machineLab.ts";

/** A command that cannot work says so in one sentence before anything is touched. */
export function refusalTests(): void {
  it("a port that is taken is named before anything is touched", async () => {
    const taken = createServer().listen(ports.spare, "127.0.0.1");
    await once(taken, "listening");
    const { exitCode, stderr } = await run("up three", {
      ...specs.one,
      address: "10.0.1.23",
      sshPort: ports.spare,
    });
    taken.close();
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`Port 127.0.0.1:${ports.spare} is taken`);
    expect(stateOf("three")).toBeUndefined();
  });

  it("a machine cannot take another's address or one outside the network", async () => {
    expect((await run("up three", { ...specs.one, sshPort: ports.spare })).stderr).toContain(
      "10.0.1.21 belongs to one",
    );
    expect(
      (await run("up three", { ...specs.one, address: "10.9.9.9", sshPort: ports.spare })).stderr,
    ).toContain("10.9.9.9 is outside 10.0.1.0/24");
  });

  it("`down` of an unknown machine succeeds, `up` of an unknown lab makes nothing", async () => {
    expect(await run("down nobody")).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining("no machine nobody"),
    });
    const unknown = await execa(process.execPath, ["lab/main.ts", "up", "--lab", "t-nowhere"], {
      reject: false,
    });
    expect([unknown.exitCode, existsSync("/var/lib/hapair-lab/t-nowhere")]).toEqual([3, false]);
  });

  it("`kill` of an unknown machine fails with the same message as `freeze`", async () => {
    const frozen = await run("freeze nobody");
    expect(frozen).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("nobody") });
    expect(await run("kill nobody")).toMatchObject({ exitCode: 1, stdout: "", stderr: frozen.stderr });
  });

  /** Runs a lab command on a host that a command in front of it restricts. */
  const runIn = async (poorer: readonly string[], ...verb: readonly string[]) => {
    const [file = "", ...args] = [...poorer, process.execPath, "lab/main.ts", ...verb];
    const { exitCode, stdout, stderr } = await execa(file, args, { reject: false });
    return { exitCode, stdout, stderr };
  };
  const checkIn = (...poorer: readonly string[]) => runIn(poorer, "check");
  /** An unprivileged user who may read the checkout wherever it is. */
  const asNobody = [
    ...["env", "PATH=/nowhere", "/usr/bin/setpriv", "--reuid=65534", "--clear-groups"],
    ...["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"],
  ];

  it("a user without root and sudo gets one sentence, also where the command inside takes -h", async () => {
    for (const verb of [["check"], ["exec", "--lab", lab, "one", "df", "-h"]])
      expect(await runIn(asNobody, ...verb)).toEqual({
        exitCode: 1,
        stdout: "",
        stderr: "lab: Only root can make machines; run this as root, or let sudo work without a password.",
      });
  });

  it("help needs no root", async () => {
    for (const verb of [[], ["exec"], ["network", "up"]]) {
      const { exitCode, stdout } = await runIn(asNobody, ...verb, "--help");
      expect([exitCode, stdout]).toEqual([
        0,
        expect.stringContaining(`Usage: ${["lab", ...verb].join(" ")} `),
      ]);
    }
  });

  it("a host whose root may not make namespaces gets a message with what is missing", async () => {
    const { exitCode, stderr } = await checkIn(
      "setpriv",
      "--bounding-set=-sys_admin",
      "--inh-caps=-sys_admin",
    );
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^lab: This host does not let root make namespaces with an overlay in \/var\/lib\/hapair-lab \(.*Operation not permitted\); use a machine or VM with CAP_SYS_ADMIN.*\.$/m,
    );
  });

  it("a host without the lab's tools gets a message with the packages to install", async () => {
    const { exitCode, stderr } = await checkIn("env", "PATH=/nowhere");
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^lab: This host has no systemd-nspawn, .*; install: apt-get install systemd-container .*\.$/m,
    );
  });
}
