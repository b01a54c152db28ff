import { describe, expect, test } from "vitest";
import { parseTopology } from "../../../topology/parse.ts";
import { hostsConfig, vagrantConfig } from "../../harness/testConfig.ts";
import { problemsOf } from "../fixtures.ts";

const withSection = (vagrant: Record<string, unknown>) => ({ ...vagrantConfig(), vagrant });
const withNetwork = (network: Record<string, unknown>, more: object = {}) => ({
  ...vagrantConfig(),
  network: { cidr: "192.168.1.0/24", ...network },
  ...more,
});
const manage = (management: unknown, more: object = {}) => problemsOf(withNetwork({ management }, more));

test("the shipped config holds, and needs no more than a target, a network and the pair", () => {
  const { vagrant: _, ...rest } = vagrantConfig();
  expect(problemsOf(vagrantConfig())).toEqual([]);
  expect(problemsOf(rest)).toEqual([]);
});

describe("the section vagrant", () => {
  test.each([
    [{ provider: "parallels" }, /^vagrant\.provider: /],
    [{ bridge: "" }, /^vagrant\.bridge: /],
    [{ bridge: [] }, /^vagrant\.bridge: /],
    [{ bridge: "e*n0" }, /^vagrant\.bridge: /],
    [{ memoryMb: 128 }, /^vagrant\.memoryMb: /],
    [{ cpus: 0 }, /^vagrant\.cpus: /],
    [{ box: { checksum: "abc" } }, /^vagrant\.box\.checksum: expected 64 hexadecimal digits/],
    [{ box: { file: "trixie.box" } }, /^vagrant\.box\.file: expected a path that begins with/],
    [{ box: { version: ">= 1" } }, /^vagrant\.box\.version: expected one version/],
    [
      { box: { file: "./trixie.box", version: "13.1.0" } },
      /^vagrant\.box\.version: belongs to a box of the catalogue, and vagrant\.box\.file names a box file: remove one/,
    ],
    [{ laptop: "192.168.2.5" }, /^vagrant\.laptop: 192\.168\.2\.5 is outside 192\.168\.1\.0\/24/],
    [
      { laptop: "192.168.1.10" },
      /^vagrant\.laptop: 192\.168\.1\.10: pairs\[0\]\.nodes\[0\]\.address has this address already/,
    ],
    [
      { machines: { haproxy3: {} } },
      /^vagrant\.machines\.haproxy3: no host has this name: it is one of haproxy1, haproxy2, db1/,
    ],
    [{ memory: 1024 }, /^vagrant\.memory: unknown key; did you mean memoryMb\?/],
  ])("with %j is refused", (section, words) => {
    expect(problemsOf(withSection(section))).toEqual([expect.stringMatching(words)]);
  });

  test("takes the names that adapters have on Linux, macOS and Windows", () => {
    for (const bridge of ["wlp8s0", "en0: Wi-Fi (AirPort)", "en0*", ["eth0", "wl*"], "Intel(R) Ethernet #2"])
      expect(problemsOf(withSection({ bridge })), String(bridge)).toEqual([]);
  });
});

describe("the time without adverts after which a virtual machine takes the address", () => {
  const withVrrp = (vrrp: object) => {
    const { pairs, ...config } = vagrantConfig();
    const [pair] = Array.isArray(pairs) ? pairs : [];
    return { ...config, pairs: [{ ...pair, vrrp }] };
  };
  const timer = (config: unknown) => {
    const { advertIntervalMs = 0, downTimerAdverts = 0 } = parseTopology(config).pairs[0]?.vrrp ?? {};
    return advertIntervalMs * downTimerAdverts;
  };

  test("outlasts that of other targets, as the machine waits for a core of the one that runs it", () => {
    expect(timer(vagrantConfig())).toBe(1500);
    expect(timer(hostsConfig())).toBe(60);
  });

  test("may be set, and not shorter than such waits", () => {
    expect(timer(withVrrp({ advertIntervalMs: 200 }))).toBe(600);
    expect(problemsOf(withVrrp({ advertIntervalMs: 80 }))).toEqual([
      "pairs[0].vrrp.advertIntervalMs: 3 adverts of 80 ms are shorter than pauses of this target's machines: make advertIntervalMs × downTimerAdverts at least 600 ms",
    ]);
  });

  test("has to be set with VRRPv2, in whole seconds", () => {
    expect(problemsOf(withVrrp({ version: 2 }))).toEqual([
      expect.stringMatching(/^pairs\[0\]\.vrrp\.advertIntervalMs: 500 ms: VRRPv2 knows whole seconds only/),
    ]);
    expect(problemsOf(withVrrp({ version: 2, advertIntervalMs: 1000 }))).toEqual([]);
  });
});

describe("networks over which hosts are administered", () => {
  test("are none by default, and with Vagrant that of each machine's first adapter", () => {
    expect(parseTopology(hostsConfig()).network.management).toEqual([]);
    expect(parseTopology(vagrantConfig()).network.management).toEqual(["10.0.2.0/24"]);
    expect(parseTopology(withSection({ provider: "libvirt" })).network.management).toEqual([
      "192.168.121.0/24",
    ]);
  });

  test.each([
    [["192.168.0.0/16"], /^network\.management\[0\]: 192\.168\.0\.0\/16 has addresses of network\.cidr/],
    [
      ["10.0.3.0/24", "10.0.0.0/16"],
      /^network\.management\[1\]: 10\.0\.0\.0\/16 has addresses of 10\.0\.3\.0\/24/,
    ],
    [["0.0.0.0/0"], /^network\.management\[0\]: 0\.0\.0\.0\/0 has addresses of/],
    [["128.0.0.0/4"], /^network\.management\[0\]: expected one network, with a prefix length of 8/],
    [["224.0.0.0/8"], /^network\.management\[0\]: /],
    [["10.0.3.1/24"], /^network\.management\[0\]: expected an IPv4 network/],
    [
      ["10.0.3.0/28"],
      /^network\.management\[0\]: 10\.0\.3\.0\/28 is too small for the machines' first adapter/,
    ],
    [[], /^network\.management: is empty, and Vagrant logs in over the first of these/],
  ])("%j are refused", (management, words) => {
    expect(manage(management)).toEqual([expect.stringMatching(words)]);
  });

  test("have no clients", () => {
    const firewall = { clients: ["10.0.0.0/8"] };
    expect(manage(["10.0.3.0/24"], { firewall })).toEqual([
      "network.management[0]: 10.0.3.0/24 has addresses of 10.0.0.0/8 (firewall.clients), and clients should not log in: choose a network of operators alone",
    ]);
    expect(manage(["10.0.3.0/24"], { firewall: { clients: ["0.0.0.0/0"] } })).toEqual([]);
  });

  test("have to be set where Vagrant's own is the network of the hosts", () => {
    const config = JSON.parse(JSON.stringify(vagrantConfig()).replaceAll("192.168.1.", "10.0.2."));
    expect(problemsOf(config)).toEqual([
      expect.stringMatching(
        /^network\.management: is missing: .* 10\.0\.2\.0\/24, which has addresses of network\.cidr/,
      ),
    ]);
    expect(
      problemsOf({ ...config, network: { ...config.network, management: ["172.31.250.0/24"] } }),
    ).toEqual([]);
  });
});
