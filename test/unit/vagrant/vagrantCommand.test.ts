import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { waitFor } from "../../../base/waitFor.ts";
import { showVagrant } from "../../../vagrant/vagrantCommand.ts";
import { type StandIns, standIns } from "./standIns.ts";

/** How Vagrant is run, by a stand-in for it. */

const scale = vi.hoisted(() => ({ by: 1 }));
vi.mock("../../../base/waitFor.ts", async (original) => {
  const real = await original<typeof import("../../../base/waitFor.ts")>();
  const waitWhile: typeof real.waitWhile = (deadlineMs, problem, { everyMs = 0 } = {}) =>
    real.waitWhile(deadlineMs / scale.by, problem, { everyMs: everyMs / scale.by });
  return { ...real, waitWhile };
});

let programs: StandIns;
let told: string;
beforeEach(() => {
  programs = standIns();
  vi.stubEnv("VAGRANT_DOTFILE_PATH", programs.folder);
  told = "";
  const stderr = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    told += text;
    return true;
  });
  onTestFinished(() => {
    stderr.mockRestore();
    vi.unstubAllEnvs();
  });
});

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s to the group of the engine's command reaches Vagrant as one ^C, and its end is awaited",
  async (signal) => {
    programs.put(
      "vagrant",
      `trap 'echo asked >>"$log"; sleep 0.3; echo cleaned >>"$log"; exit 1' INT
trap 'echo ended >>"$log"; exit 1' TERM
echo begun >>"$log"; left=600; while [ $((left -= 1)) -gt 0 ]; do sleep 0.05; done`,
    );
    const program = join(import.meta.dirname, "../../../vagrant/main.ts");
    const child = spawn(process.execPath, [program, "up", "haproxy1"], { detached: true });
    const { pid } = child;
    if (pid === undefined) throw new Error("not started");
    let said = "";
    child.stderr.on("data", (chunk) => {
      said += chunk;
    });
    const ended = once(child, "close");
    expect(await waitFor(20_000, () => programs.calls().includes("begun") || undefined)).toBe(true);
    process.kill(-pid, signal);
    process.kill(-pid, signal);
    const [status] = await ended;
    expect(programs.calls()).toEqual(["begun", "asked", "cleaned"]);
    expect(status).toBe(1);
    expect(said).toContain("vagrant up haproxy1 was interrupted: run this again");
  },
);

const locks = `echo "Vagrant can't use the requested machine because it is locked! This" >&2; exit 1`;

test("another Vagrant on the machine, such as one that a kill has left behind, is waited for", async () => {
  scale.by = 500;
  programs.put("vagrant", `echo try >>"$log"; [ "$(grep -c try "$log")" -ge 3 ] || { ${locks}; }`);
  await showVagrant("up", "haproxy1");
  expect(programs.calls()).toEqual(["try", "try", "try"]);
  expect(told).toContain("vagrant: another Vagrant works on it: waiting for its end");
});

test("one that does not end is told of", async () => {
  scale.by = 5000;
  programs.put("vagrant", locks);
  await expect(showVagrant("up", "haproxy1")).rejects.toThrow(
    "vagrant up haproxy1: another Vagrant has worked on it for 10 minutes: pgrep -af vagrant shows it. Wait for its end or end it, then run this again",
  );
});
