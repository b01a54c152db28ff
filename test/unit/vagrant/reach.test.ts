import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { reachAddress } from "../../../vagrant/machine/reach.ts";
import { standIns } from "./standIns.ts";

/** Whether a machine is reached at its address, and what is done on it where it is not. */

const settings = {
  name: "haproxy1",
  address: "192.168.1.20",
  netmask: "255.255.255.0",
  memoryMb: 1024,
  cpus: 1,
  bridge: "wlp8s0",
};
const channel = {
  machine: "haproxy1",
  host: "127.0.0.1",
  port: 2222,
  user: "vagrant",
  identityFile: "/nowhere/key",
};
const answers = (...reached: readonly boolean[]) => {
  const left = [...reached];
  return { isReached: async () => left.shift() ?? false, patienceMs: 500 };
};

/** A host with these addresses on eth1, whose firewall is ufw's; its login runs on this machine. */
function host({ addresses = ["192.168.1.20/24"], ufw = true } = {}) {
  const programs = standIns();
  const list = join(programs.folder, "addresses");
  writeFileSync(list, addresses.map((address) => `${address}\n`).join(""));
  // ssh [OPTION…] USER@HOST LINE
  programs.put("ssh", 'echo "ssh $*" | head -n 1 >>"$log"; for line; do :; done; exec sh -c "$line"');
  programs.put("sudo", 'exec "$@"');
  programs.put(
    "ip",
    `case "$*" in
*'address show'*) for word; do wanted=$word; done
  grep "^\${wanted%/32}/" '${list}' | while read -r own; do echo "3: eth1 inet $own brd 192.168.1.255"; done ;;
*'address del'*) echo "ip $*" >>"$log" ;;
esac`,
  );
  programs.put(
    "iptables",
    `case "$*" in
'-S ufw-user-input') ${ufw ? "exit 0" : "exit 1"} ;;
-C*) grep -qF "iptables -I \${*#-C }" "$log" ;;
*) echo "iptables $*" >>"$log" ;;
esac`,
  );
  return programs;
}

const rule =
  "iptables -I ufw-user-input -p tcp --dport 22 -d 192.168.1.20 -s 192.168.1.20/255.255.255.0 -j ACCEPT";
const onHost = (calls: readonly string[]) => calls.filter((call) => !call.startsWith("ssh "));

test("a machine that is reached where it was before is left alone", async () => {
  const { calls } = host();
  await reachAddress(channel, settings, settings.address, answers(true));
  expect(calls()).toEqual([]);
});

test("a host whose address has changed lets SSH in there once, and gives the old address up", async () => {
  const { calls } = host({ addresses: ["192.168.1.10/24", "192.168.1.20/24"] });
  await reachAddress(channel, settings, "192.168.1.10", answers(false, true));
  await reachAddress(channel, settings, "192.168.1.10", answers(true));
  expect(onHost(calls())).toEqual([
    "ip address del 192.168.1.10/24 dev eth1",
    rule,
    "ip address del 192.168.1.10/24 dev eth1",
  ]);
});

test("a host without a firewall of ufw's gets no rule", async () => {
  const { calls } = host({ ufw: false });
  await reachAddress(channel, settings, undefined, answers(true));
  expect(onHost(calls())).toEqual([]);
});

test("the user's own SSH configuration does not count", async () => {
  const { calls } = host();
  await reachAddress(channel, settings, undefined, answers(true));
  expect(calls()[0]).toMatch(
    /^ssh -F none -i \/nowhere\/key -p 2222 .*-o IdentitiesOnly=yes.* vagrant@127\.0\.0\.1 /,
  );
});

test("a machine without its address is told from one that is not reached", async () => {
  host({ addresses: ["192.168.1.10/24"] });
  await expect(reachAddress(channel, settings, "192.168.1.10", answers(false))).rejects.toThrow(
    "haproxy1: has not the address 192.168.1.20 that Vagrant was to give it: vagrant reload haproxy1, then run this again",
  );
  host();
  await expect(reachAddress(channel, settings, undefined, answers(false))).rejects.toThrow(
    /^haproxy1: runs and has the address 192\.168\.1\.20, and this machine does not reach it through wlp8s0: /,
  );
});

test("what SSH says is told where even Vagrant does not reach the machine", async () => {
  const { put } = host();
  put("ssh", "echo 'Connection refused' >&2; exit 255");
  await expect(reachAddress(channel, settings, undefined, answers(false))).rejects.toThrow(
    "haproxy1: over Vagrant's own SSH (127.0.0.1:2222): Connection refused",
  );
});
