import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { root } from "../../../cli/session/home.ts";
import { exec, leaderPid } from "../../../lab/machine/exec.ts";
import { ownClone } from "../../../lab/owner.ts";
import { readNetwork, writeNetwork } from "../../../lab/store.ts";
import { lab, network, ok, specs } from "./machineLab.ts";

/** A lab belongs to the clone that made it; another clone of the project changes nothing of it. */
export function cloneTests(): void {
  const refusal = `lab: Lab ${lab} belongs to the clone ${ownClone}: use it there, remove it there first (npm run destroy), or set lab.name and the ports of lab in this clone's stacks/Pulumi.lab.yaml to others.`;

  it("another clone is refused by every verb that changes something, and the lab runs on", async () => {
    const leader = leaderPid(lab, "one");
    await inOtherClone(async (run) => {
      for (const [verb, input] of [
        ["network up", network],
        ["network up"],
        ["up one", { ...specs.one, authorizedKey: "ssh-ed25519 AAAA another" }],
        ["up"],
        ["retain two"],
        ["down one --purge"],
        ["kill one"],
        ["network down"],
      ] as const)
        expect(await run(verb, input)).toEqual({ exitCode: 1, stdout: "", stderr: refusal });
    });
    expect(leaderPid(lab, "one")).toBe(leader);
    expect((await exec(lab, "one", ["true"])).exitCode).toBe(0);
  });

  it("another clone sees whose the lab is", async () => {
    await inOtherClone(async (run) => {
      expect((await run("status")).stdout).toContain(
        `lab ${lab}: network hapair-${lab}, of the clone ${ownClone}\n`,
      );
      expect(JSON.parse((await run("status --json")).stdout).otherClone).toBe(ownClone);
    });
  });

  it("a lab whose clone is gone goes to the clone that uses it next", async () => {
    const stored = readNetwork(lab);
    if (stored === undefined) throw new Error("the lab has no spec");
    writeNetwork(lab, { ...stored, clone: "/nowhere/hapair" });
    await ok("network up", network);
    expect(readNetwork(lab)?.clone).toBe(ownClone);
  });

  it("a spec of another state is refused, and the lab keeps its own", async () => {
    await ok("network up", { ...network, state: "first" });
    await expect(ok("network up", { ...network, state: "second" })).rejects.toThrow(
      "was made from another state",
    );
    expect(readNetwork(lab)?.spec.state).toBe("first");
    await ok("network up", network);
  });
}

/** Runs the verbs of a second clone of the project. */
async function inOtherClone(
  work: (
    run: (
      verb: string,
      input?: object,
    ) => Promise<{ exitCode: number | undefined; stdout: string; stderr: string }>,
  ) => Promise<void>,
): Promise<void> {
  const clone = mkdtempSync(join(tmpdir(), "hapair-clone-"));
  try {
    for (const name of ["lab", "base", "contract", "package.json"])
      cpSync(join(root, name), join(clone, name), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(clone, "node_modules"));
    await work(async (verb, input) => {
      const { exitCode, stdout, stderr } = await execa(
        process.execPath,
        [join(clone, "lab/main.ts"), ...verb.split(" "), "--lab", lab],
        { reject: false, input: input === undefined ? "" : JSON.stringify(input) },
      );
      return { exitCode, stdout, stderr };
    });
  } finally {
    rmSync(clone, { recursive: true });
  }
}
