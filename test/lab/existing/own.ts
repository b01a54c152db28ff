import { beforeAll, expect, test } from "vitest";
import { packagesOf } from "../../../render/roles/roles.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { must } from "../hosts/onHost.ts";
import { holdsAgain, ownKeepalived, ownPage, ownServices } from "../hosts/ownServices.ts";
import { differences, type Snapshot, snapshot } from "../hosts/snapshot.ts";
import { type BareLab, ownHost } from "./bareLab.ts";

let before: Snapshot | undefined;

/** A host on which a person runs an haproxy, a keepalived with the virtual address, and a firewall. */
export function ownTests(lab: () => BareLab): void {
  const up = () => lab().command("up", "hosts").ended;

  beforeAll(async () => {
    const host = hostsOf(lab().topology()).find(({ name }) => name === ownHost);
    const packages = host ? packagesOf(host) : [];
    const install = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--yes", "--no-install-recommends"];
    await must(lab().lab, ownHost, [...install, "update"]);
    await must(lab().lab, ownHost, [...install, "install", ...packages]);
    const units = ["rsyslog.service", "logrotate.timer", "procps.service"];
    await must(lab().lab, ownHost, ["systemctl", "--quiet", "enable", "--now", ...units]);
    await ownServices(lab().lab, ownHost);
    await ownKeepalived(lab().lab, ownHost);
    before = await snapshot(lab().lab, ownHost);
  });

  test("a virtual address that its keepalived holds is told, and not fought over", async () => {
    const { exitCode, stderr } = await up();
    expect(stderr).toMatch(
      new RegExp(
        `^pg: ${ownHost} has the virtual address 10\\.0\\.1\\.100 already, and not from hapair`,
        "m",
      ),
    );
    expect(exitCode).toBe(1);
  });

  test("its own configuration is refused by name, and no host's changes", { timeout: 400_000 }, async () => {
    lab().configureTakeOver(["keepalived"]);
    const { exitCode, stderr } = await up();
    expect(stderr).toContain("/etc/haproxy/haproxy.cfg was changed since its package was installed");
    expect(stderr).toContain("/etc/ufw/user.rules is somebody's own");
    expect(stderr).toContain("hapair:hosts.takeOver: [keepalived, haproxy, ufw]");
    expect(exitCode).toBe(1);
    await runsItsOwn(lab());
    lab().configureTakeOver(["haproxy", "keepalived", "ufw"]);
  });
}

/** The host with services of its own is as it was before the product came. */
export async function runsItsOwn({ lab }: BareLab): Promise<void> {
  await holdsAgain(lab, ownHost);
  expect(await ownPage(lab, ownHost)).toBe("mine");
  expect(differences(before, await snapshot(lab, ownHost))).toEqual([]);
}
