import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, onTestFinished, test } from "vitest";
import { factsCommand, parseFacts } from "../../../components/machines/hosts/facts.ts";
import { renderShown } from "../../../render/bundle.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { vagrantConfig } from "../../harness/testConfig.ts";

/** What a host says of its network, and the file that comes of it. */

const topology = parseTopology(vagrantConfig());
const pool = hostsOf(topology).find(({ role }) => role === "pool");
const written = (name: string) => `etc/systemd/network/${name}.d/hapair.conf`;

/** The answer of a host whose interface eth1 has the address, and has this file of networkd's, if any. */
async function answer(networkFile: string | undefined) {
  const folder = mkdtempSync(join(tmpdir(), "hapair-facts-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const put = (path: string, text: string) => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  put("bin/sudo", "#!/bin/sh\nexit 1\n");
  put("bin/ip", '#!/bin/sh\ncase "$*" in *192.168.1.12/32) echo "3: eth1 inet 192.168.1.12/24";; esac\n');
  for (const program of ["sudo", "ip"]) chmodSync(join(folder, "bin", program), 0o755);
  put("net/eth1/address", "08:00:27:00:00:01\n");
  put("net/eth1/ifindex", "3\n");
  if (networkFile !== undefined)
    put("links/3", `ADMIN_STATE=configured\nNETWORK_FILE=${networkFile}\nDNS=\n`);
  if (pool === undefined) throw new Error("no machine of the pool");
  const { command, stdin } = factsCommand(topology, pool);
  const { stdout } = await execa("sh", ["-euc", command], {
    input: stdin
      .replaceAll("/run/systemd/netif/links", join(folder, "links"))
      .replaceAll("/sys/class/net", join(folder, "net")),
    env: { PATH: `${join(folder, "bin")}:${process.env.PATH}` },
  });
  return parseFacts(stdout);
}

test("the interface with the host's address is found, and networkd's file of it", async () => {
  const found = await answer("/etc/systemd/network/50-vagrant-eth1.network");
  expect(found.interfaces).toEqual(["eth1"]);
  expect(found.networkFile).toBe("50-vagrant-eth1.network");
});

test("another program than networkd may manage the interface", async () => {
  expect((await answer(undefined)).networkFile).toBeUndefined();
});

test("a file whose name no path of a bundle can have is left as it is", async () => {
  expect((await answer("/run/systemd/network/10-netplan eth1.network")).networkFile).toBeUndefined();
});

test("the addresses that keepalived adds survive a restart of networkd on every host where it manages the interface", () => {
  for (const host of hostsOf(topology)) {
    const facts = { interface: "eth1" };
    const networkFile = "50-vagrant-eth1.network";
    const files = renderShown(topology, host, { ...facts, networkFile });
    expect(files[written(networkFile)]).toMatch(/^\[Network\]\n(#.*\n)*KeepConfiguration=static\n$/);
    expect(Object.keys(renderShown(topology, host, facts)).filter((path) => /network\.d/.test(path))).toEqual(
      [],
    );
  }
});
