import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import type { Ran, SqlLogin, System } from "../../../../agent/host/system.ts";
import type { Bundle } from "../../../../contract/bundle.ts";

/** Stands for a kill of the program: thrown at a point, and by everything that the host is asked afterwards. */
export class Killed extends Error {}

/** A host in a temporary folder, with a systemd that remembers the state of units. */
export class ScratchHost implements System {
  readonly root = mkdtempSync(join(tmpdir(), "hapair-host-"));
  readonly name = "haproxy1";
  readonly active = new Set<string>();
  /** Units that wait for their start. */
  readonly queued = new Set<string>();
  readonly enabled = new Set<string>();
  /** Commands run, one a line. */
  readonly commands: string[] = [];
  readonly points: string[] = [];
  /** Lines of progress. */
  readonly progressLines: string[] = [];
  /** The result of a command that fails; undefined for success. */
  answer: (line: string) => Partial<Ran> | undefined = () => undefined;
  /** Index of the point at which this host is killed. */
  killAt = Number.POSITIVE_INFINITY;
  onInterface: readonly string[] = ["127.0.0.1"];
  dataPath = true;
  private clock = Date.UTC(2026, 0, 1);
  private elapsedMs = 0;
  private dead = false;

  constructor() {
    mkdirSync(join(this.root, "etc/haproxy"), { recursive: true });
    const { username, uid, gid } = userInfo();
    writeFileSync(join(this.root, "etc/passwd"), `${username}:x:${uid}:${gid}::/:/bin/sh\n`);
    writeFileSync(join(this.root, "etc/group"), `${username}:x:${gid}:\n`);
    mkdirSync(join(this.root, "proc"));
    this.memory({ availableKb: 2e6, totalKb: 4e6 });
    writeFileSync(join(this.root, "etc/haproxy/haproxy.cfg"), "distribution\n", { mode: 0o640 });
    const md5 = createHash("md5").update("distribution\n").digest("hex");
    mkdirSync(join(this.root, "var/lib/dpkg"), { recursive: true });
    writeFileSync(
      join(this.root, "var/lib/dpkg/status"),
      `Package: haproxy\nConffiles:\n /etc/haproxy/haproxy.cfg ${md5}\n`,
    );
  }

  async run(command: string, args: readonly string[]): Promise<Ran> {
    this.alive();
    const line = [command, ...args].join(" ");
    this.commands.push(line);
    const failure = this.answer(line);
    if (failure !== undefined) return { status: 1, stdout: "", stderr: "", ...failure };
    return { status: 0, stdout: command === "systemctl" ? this.systemctl(args) : "", stderr: "" };
  }

  async query(_login?: SqlLogin): Promise<string> {
    this.alive();
    if (!this.dataPath) throw new Error("connection refused");
    return "1";
  }

  /** haproxy's answer on a socket. */
  async ask(_socket: string, _command: string): Promise<string> {
    throw new Error("no haproxy here");
  }

  /** What the kernel says about memory. */
  memory({ availableKb, totalKb }: { availableKb: number; totalKb: number }): void {
    const text = `MemTotal:       ${totalKb} kB\nMemFree: 1 kB\nMemAvailable:   ${availableKb} kB\n`;
    writeFileSync(join(this.root, "proc/meminfo"), text);
  }

  async listens(_address?: string, _port?: number): Promise<boolean> {
    return false;
  }

  addresses(): readonly string[] {
    return this.onInterface;
  }

  now(): Date {
    return new Date(this.clock++);
  }

  monotonicMs(): number {
    return this.elapsedMs++;
  }

  /** Sets the time of day, as a time server does. */
  setClock(byMs: number): void {
    this.clock += byMs;
  }

  async pause(ms: number): Promise<void> {
    this.clock += ms;
    this.elapsedMs += ms;
  }

  progress(line: string): void {
    this.progressLines.push(line);
  }

  reached(point: string): void {
    this.alive();
    if (this.points.length >= this.killAt) {
      this.dead = true;
      throw new Killed(point);
    }
    this.points.push(point);
  }

  /** Makes a command fail the next time that it is run. */
  failOnce(command: string, stderr: string): void {
    let first = true;
    this.answer = (line) => {
      if (line !== command || !first) return undefined;
      first = false;
      return { stderr };
    };
  }

  /** Lets the program run again on the same disk and daemons after a kill. */
  revive(): void {
    this.dead = false;
    this.killAt = Number.POSITIVE_INFINITY;
    this.points.length = 0;
    this.commands.length = 0;
  }

  /** Writes a file of a person, with the folders above it. */
  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  /** Throws after a kill, so that code which catches `Killed` still does nothing more. */
  alive(): void {
    if (this.dead) throw new Killed("dead");
  }

  private systemctl([verb = "", ...rest]: readonly string[]): string {
    const units = rest.filter((word) => word.includes("."));
    switch (verb.startsWith("--") ? (rest[0] ?? "") : verb) {
      case "show":
        return units
          .map((unit) => {
            const state = this.active.has(unit) ? "active" : "inactive";
            return `Id=${unit}\nActiveState=${state}\nNRestarts=0${this.queued.has(unit) ? "\nJob=7" : ""}`;
          })
          .join("\n\n");
      case "is-enabled":
        return units.map((unit) => (this.enabled.has(unit) ? "enabled" : "disabled")).join("\n");
      case "enable":
        for (const unit of units) this.enabled.add(unit);
        return "";
      case "disable":
        for (const unit of units) {
          this.enabled.delete(unit);
          this.active.delete(unit);
        }
        return "";
      case "stop":
        for (const unit of units) {
          this.active.delete(unit);
          this.queued.delete(unit);
        }
        return "";
      case "start":
      case "restart":
        for (const unit of units) {
          this.active.add(unit);
          this.queued.delete(unit);
        }
        return "";
      default:
        return "";
    }
  }
}

const me = userInfo().username;

export function bundle(text: string, more: Partial<Bundle> = {}, extra: readonly string[] = []): Buffer {
  const file = (path: string, content: string, mode: string) => ({
    path,
    mode,
    owner: me,
    group: me,
    text: content,
  });
  const whole: Bundle = {
    format: 1,
    host: "haproxy1",
    units: { enabled: ["haproxy.service"], disabled: [] },
    files: [
      file("etc/haproxy/haproxy.cfg", `${text}\n`, "0640"),
      file("etc/sysctl.d/60-hapair.conf", `# ${text}\n`, "0644"),
      file("etc/hapair/secret", `secret of ${text}\n`, "0600"),
      ...extra.map((path) => file(path, `${path} of ${text}\n`, "0644")),
    ],
    ...more,
  };
  return Buffer.from(JSON.stringify(whole));
}
