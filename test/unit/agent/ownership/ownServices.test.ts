import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { parseTakeOver } from "../../../../agent/ownership/takeOver.ts";
import { services } from "../../../../agent/services/services.ts";
import { layoutOf } from "../../../../agent/store/layout.ts";
import { readRecord } from "../../../../agent/store/records.ts";
import { serviceNames } from "../../../../contract/ownership/names.ts";
import { Hosts } from "../../../../topology/schema/existingHosts.ts";
import { applied, live, staged } from "../apply/applying.ts";
import { bundle, ScratchHost } from "../apply/scratchHost.ts";

const rules = "etc/ufw/user.rules";
const keepalivedConf = "etc/keepalived/keepalived.conf";
const cluster = "postgresql@17-main.service";

let host: ScratchHost;
beforeEach(() => {
  host = new ScratchHost();
});
afterEach(() => host.remove());

const file = (path: string, text: string) => {
  const { files } = JSON.parse(bundle("x").toString());
  return { ...files[0], path, text };
};

/** A bundle with these files besides, and these units. */
function withFiles(
  files: readonly ReturnType<typeof file>[],
  units: { enabled: string[]; disabled: string[] } = { enabled: ["haproxy.service"], disabled: [] },
): Buffer {
  const whole = JSON.parse(bundle("one", { units }).toString());
  return Buffer.from(JSON.stringify({ ...whole, files: [...whole.files, ...files] }));
}

const node = {
  virtualAddress: "10.0.0.100",
  runtimeSocket: "/run/haproxy/admin.sock",
  masterSocket: "/run/haproxy-master.sock",
  serverStateFile: "/var/lib/haproxy/server-state",
};
const nodeBundle = withFiles([
  file("etc/hapair/agent.json", JSON.stringify({ host: "haproxy1", node })),
  file(keepalivedConf, "ours\n"),
]);

describe("the virtual address on a host already", () => {
  beforeEach(() => {
    host.onInterface = ["127.0.0.1", "10.0.0.100"];
  });

  test("is taken over from a keepalived that runs", async () => {
    host.active.add("keepalived.service");
    await expect(staged(host, nodeBundle)).rejects.toThrow(
      /10\.0\.0\.100 is on this host already, held by keepalived .*--take-over keepalived/,
    );
    expect(await staged(host, nodeBundle, ["keepalived"])).toMatchObject({ outcome: "staged" });
  });

  test("cannot be taken over where no keepalived moves it", async () => {
    await expect(staged(host, nodeBundle, ["keepalived"])).rejects.toThrow(
      /10\.0\.0\.100 is on this host already, and no keepalived moves it: remove it from its interface$/m,
    );
  });

  test("is nobody's where another address of the network is on the host", async () => {
    host.onInterface = ["10.0.0.10"];
    expect(await staged(host, nodeBundle)).toMatchObject({ outcome: "staged" });
  });
});

describe("a daemon that runs elsewhere's configuration", () => {
  test("is found by a changed file of its package, while a change of rsyslog.conf stays in force", async () => {
    host.active.add("haproxy.service").add("rsyslog.service");
    host.write("etc/haproxy/errors/503.http", "mine\n");
    host.write("etc/rsyslog.conf", "mine\n");
    const md5 = "0".repeat(32);
    const conffiles = `Conffiles:\n /etc/haproxy/errors/503.http ${md5}\n /etc/rsyslog.conf ${md5}\n`;
    host.write("var/lib/dpkg/status", conffiles);
    host.write("etc/haproxy/haproxy.cfg", "one\n");
    const raw = bundle("one", { units: { enabled: ["rsyslog.service", "haproxy.service"], disabled: [] } });
    const error = await staged(host, raw).then(
      () => "",
      ({ message }) => message,
    );
    expect(error).toMatch(
      /haproxy\.service runs with a configuration of somebody's own, \/etc\/haproxy\/errors/,
    );
    expect(error).not.toContain("rsyslog");
  });

  test("is found by the variables of its unit, which would override the bundle's", async () => {
    host.write("etc/default/haproxy", "CONFIG=/srv/haproxy.cfg\n");
    const raw = withFiles([file("etc/default/haproxy", "# ours\n")]);
    await expect(staged(host, raw)).rejects.toThrow(
      /\/etc\/default\/haproxy is somebody's own: .*--take-over haproxy/,
    );
    await staged(host, raw, ["haproxy"]);
    await applied(host, raw);
    expect(live(host, "etc/default/haproxy")).toBe("# ours\n");
  });

  test("is found by a drop-in or a unit file of somebody's own", async () => {
    host.write("etc/systemd/system/haproxy.service.d/mine.conf", "[Service]\n");
    host.write("etc/systemd/system/haproxy.service", "[Service]\n");
    const raw = bundle("one");
    await expect(staged(host, raw)).rejects.toThrow(
      /haproxy\.service\.d\/mine\.conf changes haproxy\.service: /,
    );
    await expect(staged(host, raw)).rejects.toThrow(
      /system\/haproxy\.service replaces the haproxy\.service of/,
    );
    expect(await staged(host, raw, ["haproxy"])).toMatchObject({ outcome: "staged" });
  });
});

describe("ufw's settings beside the bundle's", () => {
  const raw = bundle("one", {}, [rules]);

  test.each(["etc/default/ufw", "etc/ufw/before.rules", "etc/ufw/after6.rules"])(
    "/%s is found",
    async (path) => {
      host.write(path, "mine\n");
      await expect(staged(host, raw)).rejects.toThrow(
        `/${path} was changed since its package was installed: `,
      );
      expect(await staged(host, raw, ["ufw"])).toMatchObject({ outcome: "staged" });
    },
  );

  test("are nobody's where the package wrote them, or ufw does not run them", async () => {
    host.write("etc/ufw/before.rules", "as packaged\n");
    host.write("usr/share/ufw/before.rules", "as packaged\n");
    host.write("etc/ufw/after.init", "mine\n");
    chmodSync(join(host.root, "etc/ufw/after.init"), 0o640);
    expect(await staged(host, raw)).toMatchObject({ outcome: "staged" });
  });
});

describe("PostgreSQL's cluster", () => {
  const raw = (user = "app") =>
    withFiles(
      [
        file(
          "etc/hapair/agent.json",
          JSON.stringify({
            host: "haproxy1",
            pool: { poolers: [], rolesFile: "etc/hapair/roles.sql", postgresUnit: cluster },
          }),
        ),
        file("etc/hapair/roles.sql", `ALTER ROLE "${user}" LOGIN;\nALTER ROLE "hapair_probe" LOGIN;\n`),
      ],
      { enabled: [cluster], disabled: [] },
    );
  const contents = (text: string, status = 0) => {
    host.answer = (line) =>
      line.includes("from pg_database") ? { status, stdout: text, stderr: text } : undefined;
  };

  test("with a database or role of somebody's own is found, as is a role that the bundle would alter", async () => {
    host.active.add(cluster);
    contents("database|shop\nrole|app\n");
    const error = await staged(host, raw()).then(
      () => "",
      ({ message }) => message,
    );
    expect(error).toMatch(/17-main\.service has data of somebody's own, the database shop, the role app: /);
    expect(error).toMatch(
      /PostgreSQL has a role app already, and no bundle has made it: .*--take-over postgresql/,
    );
    expect(await staged(host, raw(), ["postgresql"])).toMatchObject({ outcome: "staged" });
  });

  test("is nobody's where it is new, or where a bundle has declared what is in it", async () => {
    host.active.add(cluster);
    contents("");
    expect(await staged(host, raw())).toMatchObject({ outcome: "staged" });
    contents("schema|hapair\ndatabase|shop\n");
    expect(await staged(host, raw())).toMatchObject({ outcome: "staged" });
  });

  test("has a role that a later bundle would alter, which is found too", async () => {
    host.active.add(cluster);
    contents("");
    await applied(host, raw());
    contents("schema|hapair\nrole|shop\n");
    expect(await staged(host, raw())).toMatchObject({ outcome: "staged" });
    await expect(staged(host, raw("shop"))).rejects.toThrow("PostgreSQL has a role shop already");
  });

  test("of a live bundle is not looked at again, whatever the record has", async () => {
    await applied(host, raw());
    rmSync(layoutOf(host.root).before);
    host.active.delete(cluster);
    host.write("var/lib/postgresql/17/main/base/16384/PG_VERSION", "17\n");
    expect(await staged(host, raw())).toMatchObject({ outcome: "staged" });
  });

  test("that runs and does not answer is unknown", async () => {
    host.active.add(cluster);
    contents("no such socket", 2);
    await expect(staged(host, raw())).rejects.toThrow(
      /what the PostgreSQL .* is unknown, .*\(no such socket\)/,
    );
  });

  test("that does not run has data where it has a further database", async () => {
    for (const number of [1, 4, 5, 16384])
      host.write(`var/lib/postgresql/17/main/base/${number}/PG_VERSION`, "17\n");
    await expect(staged(host, raw())).rejects.toThrow(
      "has data of somebody's own, the database with the number 16384",
    );
  });

  test("with changed settings is found", async () => {
    host.write("etc/postgresql/17/main/postgresql.conf", "shared_buffers = 4GB\n");
    host.write("var/lib/postgresql/17/main/postgresql.auto.conf", "work_mem = '1GB'\n");
    await expect(staged(host, raw())).rejects.toThrow(
      /postgresql\.conf has settings of somebody's own, shared_buffers: [\s\S]*auto\.conf has .* work_mem: /,
    );
  });
});

describe("firewalls", () => {
  const raw = bundle("one", { units: { enabled: ["ufw.service"], disabled: [] } }, [rules]);

  test("that are active do not hide loose rules, and what stopping nftables removes is said", async () => {
    host.active.add("nftables.service");
    host.answer = (line) =>
      line === "iptables-save -t filter" ? { status: 0, stdout: "-A INPUT -j f2b-sshd\n" } : undefined;
    const error = await staged(host, raw).then(
      () => "",
      ({ message }) => message,
    );
    expect(error).toMatch(
      /nftables\.service, another firewall, is active: .*its stop removes every rule of this host/,
    );
    expect(error).toMatch(/-A INPUT -j f2b-sshd \(not ufw's\)/);
  });

  test("that start at the next boot are found; taken over, they are disabled", async () => {
    host.enabled.add("firewalld.service");
    await expect(staged(host, raw)).rejects.toThrow(
      "firewalld.service, another firewall, starts at the next boot",
    );
    await staged(host, raw, ["firewalld"]);
    await applied(host, raw);
    expect(host.enabled).not.toContain("firewalld.service");
  });

  test.each(["iptables-save -t filter", "nft list ruleset"])(
    "that cannot be seen are unknown: %s",
    async (command) => {
      host.answer = (line) =>
        line === command ? { status: 1, stderr: "Operation not permitted" } : undefined;
      await expect(staged(host, raw, ["ufw", "iptables"])).rejects.toThrow(
        `the rules that this host has now cannot be seen (${command}: Operation not permitted)`,
      );
    },
  );
});

test("a refused check ends the permission of an earlier one", async () => {
  host.write("etc/haproxy/haproxy.cfg", "mine\n");
  await staged(host, bundle("one"), ["haproxy"]);
  await expect(staged(host, bundle("one"))).rejects.toThrow("--take-over haproxy");
  expect(readRecord(layoutOf(host.root).takeOver, z.array(z.string()))).toEqual([]);
  await expect(applied(host, bundle("one"))).rejects.toThrow("--take-over haproxy");
});

test("every service that a message names can be taken over, on the host and in a stack's config", () => {
  const names = services.map(({ name }) => name);
  expect([...names].sort()).toEqual([...serviceNames].sort());
  expect(parseTakeOver(names)).toHaveLength(names.length);
  expect(Hosts.shape.takeOver.parse(names)).toEqual(names);
});
