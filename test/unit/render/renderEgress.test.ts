import { describe, expect, test } from "vitest";
import { bindsOf } from "../../../agent/services/haproxy.ts";
import { sameServers } from "../../../agent/services/haproxyServerState.ts";
import { takenPorts } from "../../../base/listeners.ts";
import { Bundle } from "../../../contract/bundle.ts";
import { EgressConfig } from "../../../contract/egressConfig.ts";
import { renderHost, renderShown } from "../../../render/bundle.ts";
import { shownFacts } from "../../../render/hostFacts.ts";
import { secretsOf } from "../../../render/secrets.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { labConfig, labWithEgress, labWithPair, problemsOf } from "../fixtures.ts";

const passwords = { database: "d", probe: "p", stats: "s" };
const wireproxyText = "[Interface]\nPrivateKey = the key of wg1\n";
const certificate = "-----BEGIN CERTIFICATE-----\nlab\n-----END CERTIFICATE-----\n";

/** A node's files, by path, with secrets. */
function nodeFiles(config: Record<string, unknown>, name = "haproxy1"): Readonly<Record<string, string>> {
  return Object.fromEntries(bundleOf(config, name).files.map(({ path, text }) => [path, text]));
}

function bundleOf(config: Record<string, unknown>, name = "haproxy1"): Bundle {
  const topology = parseTopology(config);
  const host = hostsOf(topology).find((host) => host.name === name);
  if (!host) throw new Error(`no host ${name}`);
  const secrets = secretsOf(passwords, {
    egressAuthority: hostsOf(topology).some(({ role }) => role === "internet") ? certificate : undefined,
    wireproxies: { wg1: { haproxy1: wireproxyText } },
  });
  return Bundle.parse(JSON.parse(renderHost(topology, host, secrets, shownFacts(topology)).text));
}

const second = { name: "second", port: 7892, servers: [{ name: "wg2", address: "10.0.1.42", port: 18182 }] };
const { groups } = labConfig().pairs[0].egress as { groups: Record<string, unknown>[] };
const haproxyCfg = (config: Record<string, unknown>): string =>
  nodeFiles(config)["etc/haproxy/haproxy.cfg"] ?? "";

describe("a pair without egress", () => {
  const bundle = bundleOf(labWithPair({ egress: undefined }));

  test("runs the agent's daemon, which has no group to measure and no reason to move the address", () => {
    expect(bundle.units.enabled).toContain("hapair.service");
    const text = bundle.files.find(({ path }) => path === "etc/hapair/egress.json")?.text ?? "";
    expect(EgressConfig.parse(JSON.parse(text))).toMatchObject({
      groups: [],
      moveVip: false,
      listen: [
        { address: "127.0.0.1", port: 8405 },
        { address: "10.0.1.20", port: 8405 },
      ],
    });
    expect(bundle.files.map(({ path }) => path).filter((path) => path.includes("prometheus"))).toEqual([]);
  });

  test("has no trace of egress in the files of haproxy, keepalived and the firewall", () => {
    const texts = bundle.files.filter(({ path }) => /haproxy\.cfg|keepalived\.conf|user\.rules/.test(path));
    expect(texts.length).toBe(3);
    expect(texts.filter(({ text }) => /egress|8091|7891/.test(text))).toEqual([]);
  });

  test("still has the agent's port for itself", () => {
    const config = labWithPair({ egress: undefined, haproxy: { statsPort: 8405 } });
    expect(problemsOf(config)).toEqual([
      "pairs[0].haproxy.statsPort: 8405: the agent uses this port already",
    ]);
  });
});

test.each([
  [true, 1],
  [false, 0],
])("haproxy itself closes sessions on a dead proxy where closeSessions is %s", (closeSessions, count) => {
  const config = labWithPair({ egress: { groups: [{ ...groups[0], check: { closeSessions } }] } });
  const lines = haproxyCfg(config).split("\n");
  expect(lines.filter((line) => line.endsWith(" on-marked-down shutdown-sessions"))).toHaveLength(count);
});

test("haproxy checks against the first target only, and has the last resorts as backup servers", () => {
  const text = haproxyCfg(labConfig());
  const lines = text.split("\n").map((line) => line.trim());
  expect(lines.filter((line) => line.startsWith("server warp"))).toEqual(
    Array(2).fill("server warp 10.0.1.43:8111 backup"),
  );
  expect(lines.filter((line) => line.includes("send-binary 0501000"))).toEqual([
    "tcp-check send-binary 050100010A00012801BB",
  ]);
});

describe("with two groups that share a proxy", () => {
  const text = haproxyCfg(labWithPair({ egress: { groups: [...groups, second] } }));

  test("a reload hands over the state of the proxy in each backend", () => {
    const row = (backend: string, address: string): string =>
      `4 ${backend} 2 wg2 ${address} 2 0 1 1 10 6 3 7 6 0 0 0 - 18182 - 0 0 - - 0`;
    const backends = ["egress-main", "egress-main-unchecked", "egress-second", "egress-second-unchecked"];
    const rows = backends.map((backend) => row(backend, "10.0.1.42"));
    const strange = [row("egress-third", "10.0.1.42"), row("egress-second", "10.0.1.99")];
    const head = [
      "1",
      "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port",
    ];
    const handedOver = sameServers([...head, ...rows, ...strange].join("\n"), text);
    expect(handedOver).toBe([...head, ...rows].join("\n"));
  });

  test.each(["10.0.1.100:7891", "127.0.0.1:7892", "127.0.0.1:8091"])(
    "a foreign listener on %s is found before a reload",
    (socket) => {
      const listener = `LISTEN 0 128 ${socket} 0.0.0.0:* users:(("socat",pid=74,fd=6))`;
      expect(takenPorts(bindsOf(text), listener, () => false)).toEqual([
        expect.stringContaining(`bind ${socket}`),
      ]);
    },
  );
});

describe("keepalived watches the agent's track file", () => {
  test.each([
    ["where a group is essential", labWithEgress({ essential: true }), true],
    ["not where none is", labWithEgress({ essential: false }), false],
    ["not where moveVip is off", labWithEgress({ essential: true }, { moveVip: false }), false],
  ])("%s", (_, config, watches) => {
    const { "etc/keepalived/keepalived.conf": keepalived = "", "etc/hapair/egress.json": egress = "" } =
      nodeFiles(config);
    const { trackFile } = EgressConfig.parse(JSON.parse(egress));
    expect(keepalived.includes(`file ${trackFile}\n`)).toBe(watches);
    expect((keepalived.match(/egress weight -254/g) ?? []).length).toBe(watches ? 1 : 0);
  });
});

describe("the firewall of a node", () => {
  const topology = labWithPair({}, { firewall: { clients: ["10.0.1.128/25"], monitoring: ["10.0.1.5/32"] } });
  const accepted = (nodeFiles(topology)["etc/ufw/user.rules"] ?? "")
    .split("\n")
    .flatMap(
      (line) =>
        /^-A ufw-user-input .*--dport (7891|8405|8091) (.*) -j ACCEPT$/.exec(line)?.slice(1).join(" ") ?? [],
    );

  test("accepts SOCKS clients on the virtual address, and metrics requests from monitoring and peers only", () => {
    expect(accepted).toEqual([
      "7891 -d 10.0.1.100 -s 10.0.1.128/25",
      "8405 -d 10.0.1.20 -s 10.0.1.5/32",
      "8405 -d 10.0.1.20 -s 10.0.1.21",
    ]);
  });
});

describe("egress.json", () => {
  const egressOf = (config: Record<string, unknown>, name?: string): EgressConfig =>
    EgressConfig.parse(JSON.parse(nodeFiles(config, name)["etc/hapair/egress.json"] ?? ""));

  test("names the node's own addresses and those of its peers", () => {
    const { host, listen, peers } = egressOf(labConfig(), "haproxy2");
    expect({ host, listen, peers }).toEqual({
      host: "haproxy2",
      listen: [
        { address: "127.0.0.1", port: 8405 },
        { address: "10.0.1.21", port: 8405 },
      ],
      peers: [{ name: "haproxy1", address: "10.0.1.20", port: 8405 }],
    });
  });

  test("names what haproxy.cfg names: backend, servers, and the file of its map", () => {
    const text = haproxyCfg(labConfig());
    for (const { backend, mapFile, servers } of egressOf(labConfig()).groups) {
      expect(text).toContain(`\nbackend ${backend}\n`);
      expect(text).toContain(`map_str(opt@${mapFile})`);
      for (const { name, address, port } of servers)
        expect(text).toContain(`server ${name} ${address}:${port}`);
    }
  });

  test("puts last resorts last, and marks the one that must be WARP", () => {
    const told = egressOf(labConfig()).groups[0]?.servers.map(({ name, lastResort, warp }) => [
      name,
      lastResort,
      warp,
    ]);
    expect(told).toEqual([
      ["wg1", false, false],
      ["wg2", false, false],
      ["warp", true, true],
    ]);
  });

  test("trusts the lab's own certificate, elsewhere the authority of the config", () => {
    expect(egressOf(labConfig()).ca).toBe(certificate);
    expect(egressOf({ ...labConfig(), lab: {} }).ca).toBe("");
  });

  test("holds no secret, so that the daemon's user may read it", () => {
    const file = bundleOf(labConfig()).files.find(({ path }) => path === "etc/hapair/egress.json");
    expect(file?.mode).toBe("0644");
  });
});

test("a preview shows egress.json without the lab's certificate", () => {
  const topology = parseTopology(labConfig());
  const node = hostsOf(topology).find(({ role }) => role === "node");
  expect(node && JSON.parse(renderShown(topology, node)["etc/hapair/egress.json"] ?? "{}").ca).toBe(
    "[secret]",
  );
});
