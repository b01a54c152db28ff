import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { firewallFindings, firewallHere } from "../../../cli/targets/vagrant/firewall.ts";
import { laptopTopology } from "../laptop/laptopFixtures.ts";
import { standIns } from "./standIns.ts";

test("a firewall of this machine is named with the commands that let every node in to every pooler", () => {
  const { laptop } = laptopTopology({ session: { port: 5433, ports: [6435] } });
  expect(firewallFindings(laptop, undefined)).toEqual([]);
  const [ufw] = firewallFindings(laptop, "ufw");
  expect(ufw?.verdict).toBe("later");
  for (const node of ["192.168.1.10", "192.168.1.11"])
    expect(ufw?.text).toContain(
      `sudo ufw allow proto tcp from ${node} to 192.168.1.5 port 6432,6433,6434,6435`,
    );
  const [firewalld] = firewallFindings(laptop, "firewalld");
  expect(firewalld?.text).toContain(
    "--add-rich-rule='rule family=ipv4 source address=192.168.1.11 port port=6435 protocol=tcp accept'",
  );
  expect(firewalld?.text).toMatch(/firewall-cmd --reload$/);
});

test("direct clients are let in to PostgreSQL too, where it is the pair's own", () => {
  const clients = { directClients: ["192.168.1.64/26"] };
  const [ufw] = firewallFindings(laptopTopology(clients).laptop, "ufw");
  expect(ufw?.text).toMatch(
    /ufw allow proto tcp from 192\.168\.1\.64\/26 to 192\.168\.1\.5 port 6432,6433,6434,5432$/,
  );
  const [firewalld] = firewallFindings(laptopTopology(clients).laptop, "firewalld");
  expect(firewalld?.text).toContain(
    "--add-rich-rule='rule family=ipv4 source address=192.168.1.64/26 port port=5432 protocol=tcp accept'",
  );
});

test("firewalld is known by its unit, and ufw by its settings", async () => {
  const programs = standIns();
  const ufwSettings = join(programs.folder, "ufw.conf");
  const states = (firewalld: string, status: number) =>
    programs.put("systemctl", `[ "$*" = "is-active firewalld" ] && echo ${firewalld}; exit ${status}`);
  states("inactive", 3);
  expect(await firewallHere(ufwSettings)).toBeUndefined();
  states("active", 0);
  expect(await firewallHere(ufwSettings)).toBe("firewalld");
  writeFileSync(ufwSettings, "ENABLED=no\n");
  expect(await firewallHere(ufwSettings)).toBe("firewalld");
  writeFileSync(ufwSettings, "ENABLED=yes\n");
  expect(await firewallHere(ufwSettings)).toBe("ufw");
});
