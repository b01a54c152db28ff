import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { leftLocked } from "../../../cli/engine/stackState.ts";
import { type Home, openHome, root } from "../../../cli/session/home.ts";

let folder: string;
let home: Home;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-processes-"));
  home = openHome(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs a module's text, which may import from the project's root by `cli/…`, and waits for its first line. */
async function started(text: string) {
  const script = text.replaceAll('"cli/', `"${root}/cli/`);
  const program = execa(process.execPath, ["--input-type=module", "--eval", script], {
    env: { HAPAIR_HOME: folder },
    reject: false,
    stdin: "ignore",
  });
  const [line] = await once(program.stdout, "data");
  return { program, line: String(line).trim() };
}

const lives = (pid: string) => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};

describe("a program that a command hands over to", () => {
  const handingOver = (script: string) =>
    started(
      `import { handOver } from "cli/session/signals.ts"; await handOver("sh", ["-c", ${JSON.stringify(script)}], { env: {} });`,
    );

  test("answers the command's signals, and its status is the command's", async () => {
    const { program } = await handingOver("trap 'exit 7' TERM; echo ready; while :; do sleep 0.02; done");
    program.kill("SIGTERM");
    expect((await program).exitCode).toBe(7);
  });

  test("ends with the command, and the command by the same signal", async () => {
    const { program, line } = await handingOver("echo $$; exec sleep 60");
    program.kill("SIGHUP");
    expect((await program).signal).toBe("SIGHUP");
    expect(lives(line)).toBe(false);
  });
});

test("the lock is free once its command has ended, whatever ended it and whatever that has started", async () => {
  const { program, line } = await started(`import { spawn } from "node:child_process";
    import { holdLock } from "cli/session/home.ts";
    await holdLock();
    console.log(spawn("sleep", ["60"], { detached: true, stdio: "ignore" }).pid);`);
  const tryLock = () => execa("flock", ["--nonblock", home.lockFile, "true"], { reject: false });
  try {
    expect((await tryLock()).exitCode).toBe(1);
    program.kill("SIGTERM");
    expect((await program).signal).toBe("SIGTERM");
    expect(lives(line)).toBe(true);
    expect((await tryLock()).exitCode).toBe(0);
  } finally {
    process.kill(Number(line));
  }
});

describe("the engine's own lock of a stack", () => {
  const lock = (pid: number) => {
    const locks = join(home.state, ".pulumi/locks/organization/hapair/lab");
    mkdirSync(locks, { recursive: true });
    writeFileSync(join(locks, "some.json"), JSON.stringify({ pid, username: "root" }));
    return () => rmSync(join(locks, "some.json"));
  };

  test("is none where no run was interrupted, and left behind where its engine is no more", async () => {
    expect(await leftLocked(home, "lab")).toBe(false);
    const over = spawn("true");
    await once(over, "close");
    lock(over.pid ?? 0);
    expect(await leftLocked(home, "lab")).toBe(true);
    expect(await leftLocked(home, "other")).toBe(false);
  });

  test("of an engine that lives is waited for, and not taken from it", async () => {
    symlinkSync("/bin/sleep", join(folder, "pulumi"));
    const engine = spawn(join(folder, "pulumi"), ["60"]);
    await once(engine, "spawn");
    const unlock = lock(engine.pid ?? 0);
    const said = vi.spyOn(console, "error").mockImplementation(() => {});
    const left = leftLocked(home, "lab");
    await vi.waitFor(() =>
      expect(said).toHaveBeenCalledWith(expect.stringContaining("waiting for it to end")),
    );
    unlock();
    engine.kill();
    expect(await left).toBe(false);
    said.mockRestore();
  });
});
