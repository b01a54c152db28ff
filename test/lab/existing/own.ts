import { beforeAll, expect, test } from "vitest";
import { packagesOf } from "../../../render/roles/roles.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { must } from "../hosts/onHost.ts";
import { holdsAgain, ownKeepalived, ownPage, ownServices } from "../hosts/ownServices.ts";
import { differences, type Snapshot, snapshot } from "../hosts/snapshot.ts";
import { type BareLab, machineNames, ownHost } from "./bareLab.ts";

/** What it has at paths of the bundle: ufw's command has written its three. */
const ownPaths = [
  "/etc/haproxy/haproxy.cfg",
  "/etc/keepalived/keepalived.conf",
  "/etc/ufw/ufw.conf",
  "/etc/ufw/user.rules",
  "/etc/ufw/user6.rules",
];

let before: Snapshot | undefined;

/** A host on which a person runs an haproxy, a keepalived with the virtual address, and a firewall. */
export function ownTests(lab: () => BareLab): void {
  const packages = async () => {
    const listed = machineNames.map((name) => must(lab().lab, name, ["dpkg", "-l"]));
    return (await Promise.all(listed)).map(({ stdout }) => stdout);
  };
  /** What each program says that is to tell what is somebody's own, and whether it has refused the host. */
  const told = async () => {
    const installed = await packages();
    const up = await lab().command("up", "hosts").ended;
    const doctor = await lab().command("doctor", "hosts").ended;
    expect([up.exitCode, doctor.exitCode]).toEqual([1, 1]);
    expect(await packages(), "the packages of every host").toEqual(installed);
    await runsItsOwn(lab());
    const wrong = doctor.stdout.split("\n").flatMap((line) => /^wrong: (.*)/.exec(line)?.[1] ?? []);
    return { up: up.stderr.split("\n"), wrong };
  };
  const own = (text: string) => expect.stringMatching(new RegExp(`^${ownHost}: ${text}`));

  beforeAll(async () => {
    const host = hostsOf(lab().topology()).find(({ name }) => name === ownHost);
    const install = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--yes", "--no-install-recommends"];
    await must(lab().lab, ownHost, [...install, "update"]);
    await must(lab().lab, ownHost, [...install, "install", ...(host ? packagesOf(host) : [])]);
    const units = ["rsyslog.service", "logrotate.timer", "procps.service"];
    await must(lab().lab, ownHost, ["systemctl", "--quiet", "enable", "--now", ...units]);
    await ownServices(lab().lab, ownHost);
    await ownKeepalived(lab().lab, ownHost);
    before = await snapshot(lab().lab, ownHost);
  });

  test("its configuration, its rules and its virtual address are refused by name by up and by the doctor, and no package is installed on any host", {
    timeout: 200_000,
  }, async () => {
    const { up, wrong } = await told();
    for (const lines of [up, wrong]) {
      for (const finding of [
        "/etc/haproxy/haproxy\\.cfg was changed since its package was installed: .* add haproxy to hosts\\.takeOver$",
        "/etc/keepalived/keepalived\\.conf is somebody's own: .* add keepalived to hosts\\.takeOver$",
        "/etc/ufw/user\\.rules is somebody's own: .* add ufw to hosts\\.takeOver$",
      ])
        expect(lines).toContainEqual(own(finding));
      expect(lines).toContainEqual(
        expect.stringMatching(
          new RegExp(`^pg: ${ownHost} has the virtual address 10\\.0\\.1\\.100 already, and not from hapair`),
        ),
      );
      // What its packages have installed is nobody's, and the other hosts have nothing.
      const found = lines.flatMap((line) => new RegExp(`^${ownHost}: (\\S+)`).exec(line)?.[1] ?? []);
      expect(found).toEqual(ownPaths);
      expect(lines.filter((line) => /^(?:haproxy2|db1): /.test(line))).toEqual([]);
    }
  });

  test("what may be taken over is refused no more, the rest still is, before any package is installed", {
    timeout: 200_000,
  }, async () => {
    lab().configureTakeOver(["keepalived", "haproxy"]);
    const { up, wrong } = await told();
    lab().configureTakeOver(["haproxy", "keepalived", "ufw"]);
    for (const lines of [up, wrong]) {
      expect(lines).toContainEqual(own("/etc/ufw/user\\.rules"));
      const others = /haproxy\.cfg|keepalived\.conf|has the virtual address/;
      expect(lines.filter((line) => others.test(line))).toEqual([]);
    }
  });
}

/** The host with services of its own is as it was before the product came. */
export async function runsItsOwn({ lab }: BareLab): Promise<void> {
  await holdsAgain(lab, ownHost);
  expect(await ownPage(lab, ownHost)).toBe("mine");
  expect(differences(before, await snapshot(lab, ownHost))).toEqual([]);
}
