import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { makeHostKeys } from "../../../vagrant/machine/hostKeys.ts";
import { type StandIns, standIns } from "./standIns.ts";

/** A machine's own SSH host keys. Its login runs on this machine, in a folder in place of /etc/ssh. */

const channel = { machine: "haproxy1", host: "127.0.0.1", port: 2222, user: "vagrant", identityFile: "/key" };
let programs: StandIns;
let keys: string;
const isMachine = (id: string) => {
  const folder = join(programs.folder, "machines/haproxy1/virtualbox");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "id"), id);
};
const publicKey = () => readFileSync(join(keys, "ssh_host_ed25519_key.pub"), "utf8");
const restarts = () => programs.calls().filter((call) => call === "systemctl try-restart ssh.service").length;

beforeEach(() => {
  programs = standIns();
  vi.stubEnv("VAGRANT_DOTFILE_PATH", programs.folder);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  keys = join(programs.folder, "etc");
  mkdirSync(keys);
  writeFileSync(join(keys, "ssh_host_ed25519_key.pub"), "of the box");
  programs.put("ssh", `for line; do :; done; exec sh -c "\${line% /etc/ssh} '${keys}'"`);
  programs.put("sudo", 'exec "$@"');
  programs.put("systemctl", 'echo "systemctl $*" >>"$log"');
  // ssh-keygen -q -A -f FOLDER
  programs.put("ssh-keygen", 'echo "$$ made" >"$4/etc/ssh/ssh_host_ed25519_key.pub"');
  isMachine("one");
});

test("are made once in place of those of its box, and served at once", async () => {
  await makeHostKeys(channel, "virtualbox");
  const made = publicKey();
  expect(made).toMatch(/ made$/m);
  expect(restarts()).toBe(1);
  await makeHostKeys(channel, "virtualbox");
  expect([publicKey(), restarts()]).toEqual([made, 1]);
  expect(readdirSync(keys).sort()).toEqual(["host-keys-made-for", "ssh_host_ed25519_key.pub"]);
});

test("are made anew on a machine that is a copy of another one", async () => {
  await makeHostKeys(channel, "virtualbox");
  const made = publicKey();
  isMachine("two");
  await makeHostKeys(channel, "virtualbox");
  expect(publicKey()).not.toBe(made);
});

test("are made again where that was interrupted before SSH served them", async () => {
  const restart = 'echo "systemctl $*" >>"$log"';
  programs.put("systemctl", "echo 'Job failed' >&2; exit 1");
  await expect(makeHostKeys(channel, "virtualbox")).rejects.toThrow(/^haproxy1: .*Job failed/);
  programs.put("systemctl", restart);
  await makeHostKeys(channel, "virtualbox");
  expect(restarts()).toBe(1);
});
