import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { isPrepared, runningMachines, startOf } from "../../../components/machines/vagrant/thisMachine.ts";
import { type StandIns, standIns } from "./standIns.ts";

/** What the engine's program knows of machines, by a stand-in for Vagrant. */

const played = vi.hoisted(() => ({ file: "" }));
vi.mock("../../../base/vagrantFiles.ts", async (original) => ({
  ...(await original<object>()),
  get machinesFile() {
    return played.file;
  },
}));

let programs: StandIns;
beforeEach(() => {
  programs = standIns();
  vi.stubEnv("VAGRANT_DOTFILE_PATH", programs.folder);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  played.file = join(programs.folder, "machines.json");
});
const has = (name: string, file: string, text: string) => {
  const folder = join(programs.folder, "machines", name, "virtualbox");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), text);
};

describe("the machines that run", () => {
  test("are those of which Vagrant says so", () => {
    has("haproxy1", "id", "id");
    programs.put("vagrant", "printf '1,haproxy1,state,running\\n1,haproxy2,state,poweroff\\n'");
    expect(runningMachines()).toEqual(new Set(["haproxy1"]));
  });

  test("are none where Vagrant fails, or has made none", () => {
    programs.put("vagrant", 'echo "vagrant $*" >>"$log"; exit 1');
    expect(runningMachines()).toEqual(new Set());
    expect(programs.calls()).toEqual([]);
    has("haproxy1", "id", "id");
    expect(runningMachines()).toEqual(new Set());
    expect(programs.calls()).toEqual(["vagrant status --machine-readable"]);
  });
});

test("a machine that does not run has another word each time", () => {
  has("haproxy1", "hapair-start", "a word");
  expect(startOf("haproxy1", "virtualbox", true)).toBe("a word");
  expect(startOf("haproxy1", "virtualbox", false)).not.toBe(startOf("haproxy1", "virtualbox", false));
  expect(startOf("haproxy2", "virtualbox", true)).not.toBe(startOf("haproxy2", "virtualbox", true));
});

test("what this process has not written itself may be of another day", () => {
  expect(isPrepared()).toBe(false);
  writeFileSync(played.file, "{}");
  expect(isPrepared()).toBe(true);
  utimesSync(played.file, new Date(), new Date(Date.now() - 24 * 3_600_000));
  expect(isPrepared()).toBe(false);
});
