import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { root } from "../../../../cli/session/home.ts";
import { leaderPid } from "../../../../lab/machine/exec.ts";
import { upperDir } from "../../../../lab/paths.ts";
import { must } from "../../hosts/onHost.ts";
import type { LabPair } from "../labPair.ts";

/** Places where a generated secret must not be. A failure names the secret and never shows its value. */
export function secretTests(lab: () => LabPair): void {
  const secrets = async (): Promise<readonly (readonly [name: string, value: string])[]> => {
    const [node] = lab().pair.nodes;
    const config = await must(lab().lab, node?.name ?? "", ["cat", "/etc/hapair/agent.json"]);
    const key = lab().outputs.ssh[lab().db.name]?.privateKey?.split("\n")[2];
    return [
      ["database", new URL(lab().databaseUrl).password],
      ["stats", lab().access.statsPassword],
      ["probe", String(/"password": "([^"]+)"/.exec(config.stdout)?.[1])],
      ["SSH key", String(key)],
    ];
  };

  const namesIn = async (text: string) =>
    (await secrets()).flatMap(([name, value]) => (text.includes(value) ? [name] : []));

  it("no process has a secret in its command line or environment, during a roll-out and after it", async () => {
    const known = await secrets();
    const seen = new Map<string, string>();
    let applySeen = false;
    const look = () => {
      for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
        for (const what of ["cmdline", "environ"]) {
          const text = processText(pid, what);
          applySeen ||= text.includes("hapair\0apply");
          for (const [name, value] of known)
            if (text.includes(value)) seen.set(`${name} in ${what}`, processText(pid, "comm"));
        }
      }
    };
    const looking = setInterval(look, 50);
    try {
      await lab().configure({ haproxy: { maxConnections: 3500 } });
    } finally {
      clearInterval(looking);
    }
    look();
    expect(Object.fromEntries(seen)).toEqual({});
    expect(applySeen, "an apply on a host was among the processes").toBe(true);
  });

  it("no world-readable file, log file, journal or log server has a secret", async () => {
    const values = (await secrets()).map(([, value]) => value);
    for (const machine of lab().machines) {
      const disk = upperDir(lab().lab, machine);
      const inside = `/proc/${leaderPid(lab().lab, machine)}/root`;
      const memory = ["run", "tmp", "dev/shm"].map((folder) => `${inside}/${folder}`);
      expect(await filesWith(values, [disk, ...memory], ["-perm", "-004"])).toEqual([]);
      expect(await filesWith(values, [`${disk}/var/log`], [])).toEqual([]);
      const journal = await must(lab().lab, machine, ["journalctl", "--all", "--output=cat", "--no-pager"]);
      expect(await namesIn(journal.stdout)).toEqual([]);
    }
    expect(await namesIn(lab().logs.messages.join("\n"))).toEqual([]);
    // The same search finds the secrets in the bundles, where they belong.
    const [node] = lab().pair.nodes;
    const bundles = `${upperDir(lab().lab, node?.name ?? "")}/var/lib/hapair/bundles`;
    expect(await filesWith(values, [bundles], ["-perm", "0600"])).not.toEqual([]);
  });

  it("no file of the stack's state has a secret in plain text", async () => {
    const values = (await secrets()).map(([, value]) => value);
    const { home } = lab().stack;
    // libpq's password files have to contain the password.
    const others = ["!", "-path", join(home.clients, "*")];
    expect(await filesWith(values, [home.folder, join(root, "dist")], others)).toEqual([]);
    const readable = ["-perm", "/077"];
    expect(await filesWith(values, [home.folder], readable)).toEqual([]);
  });
}

/** A file of `/proc/PID`; empty where the process has ended or cannot be read. */
function processText(pid: string, what: string): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, "utf8");
  } catch {
    return "";
  }
}

/** Files below `folders` that contain one of the texts, among those that match find's `conditions`. */
async function filesWith(
  texts: readonly string[],
  folders: readonly string[],
  conditions: readonly string[],
): Promise<readonly string[]> {
  // In a file, because every user can read command lines.
  const aside = mkdtempSync(join(tmpdir(), "hapair-"));
  const patterns = join(aside, "patterns");
  writeFileSync(patterns, `${texts.join("\n")}\n`, { mode: 0o600 });
  try {
    const grep = ["grep", "--files-with-matches", "--fixed-strings", "--no-messages", `--file=${patterns}`];
    const { stdout } = await execa(
      "find",
      [...folders, "-xdev", "-type", "f", ...conditions, "-exec", ...grep, "{}", "+"],
      { reject: false },
    );
    return stdout.split("\n").filter((line) => line !== "");
  } finally {
    rmSync(aside, { recursive: true });
  }
}
