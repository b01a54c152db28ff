import { describe, expect, test } from "vitest";
import type { Adapter } from "../../../cli/targets/vagrant/bridge/adapter.ts";
import { chooseBridge } from "../../../cli/targets/vagrant/bridge/chooseBridge.ts";
import { bridgesIn, defaultRouteIn } from "../../../cli/targets/vagrant/bridge/linuxLinks.ts";
import { virtualboxAdapters } from "../../../cli/targets/vagrant/bridge/virtualboxAdapters.ts";

const home = "192.168.1.0/24";
const adapter = (name: string, more: Partial<Adapter> = {}): Adapter => ({
  name,
  network: home,
  state: "up",
  wireless: false,
  ...more,
});
const chosen = (
  bridge: string | string[] | undefined,
  adapters: readonly Adapter[],
  { defaultRoute, cidr = home }: { defaultRoute?: string; cidr?: string } = {},
) => chooseBridge({ bridge, provider: "virtualbox" }, { cidr }, { adapters, defaultRoute }).name;
const laptop = [
  adapter("enp3s0", { network: undefined, state: "down" }),
  adapter("wlp8s0", { wireless: true }),
];

describe("the adapter that virtual machines join the network by", () => {
  test("is that of the default route where the config has none", () => {
    expect(chosen(undefined, laptop, { defaultRoute: "wlp8s0" })).toBe("wlp8s0");
    expect(chosen(undefined, [adapter("en0: Wi-Fi (AirPort)")], { defaultRoute: "en0" })).toBe(
      "en0: Wi-Fi (AirPort)",
    );
  });

  test.each([
    ["its name", "wlp8s0"],
    ["its name in other letters", "WLP8S0"],
    ["the beginning of its name", "wl*"],
    ["the first of a list that fits", ["enp3s0", "tun0", "wl*", "lo"]],
  ])("is what the config says by %s", (_, bridge) => {
    expect(chosen(bridge, laptop)).toBe("wlp8s0");
  });

  test("is not one whose name only begins with what the config says", () => {
    expect(() => chosen("wlp8", laptop)).toThrow(/no adapter that is up fits wlp8: /);
  });

  test("is never another one in silence, not even the only one", () => {
    expect(() => chosen("enp3s0", laptop)).toThrow(
      "vagrant.bridge: no adapter that is up fits enp3s0: there is enp3s0 (no address, down), wlp8s0 (192.168.1.0/24, Wi-Fi); correct that key, or connect the adapter",
    );
    expect(() => chosen(undefined, laptop, { defaultRoute: "tun0" })).toThrow(
      /the default route's tun0 cannot be used as a bridge: there is .*; set vagrant\.bridge to one of them/,
    );
    expect(() => chosen(undefined, laptop)).toThrow(/this machine has no default route/);
  });

  test("may be one whose state VirtualBox does not know", () => {
    expect(chosen("eth0", [adapter("eth0", { state: "unknown" })])).toBe("eth0");
  });

  test("has to be on the config's network, and the one that is there is named", () => {
    const adapters = [adapter("wlp8s0", { network: "10.0.0.0/24" }), adapter("enp3s0")];
    expect(() => chosen(undefined, adapters, { defaultRoute: "wlp8s0" })).toThrow(
      "network.cidr: is 192.168.1.0/24, and the adapter wlp8s0 is on 10.0.0.0/24: set vagrant.bridge to enp3s0, which is on that network, or set network.cidr and every address of the config to that of wlp8s0",
    );
    expect(() => chosen("wlp8s0", adapters.slice(0, 1))).toThrow(
      /connect this machine to that network, or set/,
    );
  });

  test("may be on a larger network, of which the config has a part", () => {
    expect(chosen("eth0", [adapter("eth0", { network: "192.168.0.0/16" })])).toBe("eth0");
  });

  test("with libvirt has to be a bridge: the recipe to make one is named", () => {
    const onLibvirt = (bridge: string | undefined, adapters: readonly Adapter[]) =>
      chooseBridge({ bridge, provider: "libvirt" }, { cidr: home }, { adapters, defaultRoute: "enp3s0" });
    expect(() => onLibvirt(undefined, [])).toThrow(
      "the default route's enp3s0 cannot be used as a bridge: this machine has no bridge, and libvirt needs a real one; make a bridge of the adapter (docs/vagrant.md#a-bridge-for-libvirt has the recipe)",
    );
    const docker = adapter("docker0", { network: "172.17.0.0/16" });
    expect(() => onLibvirt(undefined, [docker])).toThrow(
      /there is docker0 \(172\.17\.0\.0\/16\); set vagrant\.bridge to one of them, or make a bridge of the adapter/,
    );
    expect(() => onLibvirt("enp3s0", [docker])).toThrow(
      /no bridge that is up fits enp3s0: there is docker0 .*; correct that key, or make a bridge of the adapter/,
    );
  });
});

test("what VirtualBox prints of its adapters is read, with macOS' names and states that it does not know", () => {
  const block = (name: string, ip: string, mask: string, wireless: string, status: string) =>
    `Name:            ${name}\nGUID:            30687465\nDHCP:            Disabled\nIPAddress:       ${ip}\nNetworkMask:     ${mask}\nIPV6Address:     fe80::1\nMediumType:      Ethernet\nWireless:        ${wireless}\nStatus:          ${status}\nVBoxNetworkName: HostInterfaceNetworking-${name}\n`;
  const text = [
    block("en0: Wi-Fi (AirPort)", "192.168.1.5", "255.255.255.0", "Yes", "Up"),
    block("eth0", "0.0.0.0", "0.0.0.0", "No", "Unknown"),
    block("enp3s0", "10.1.2.3", "255.255.240.0", "No", "Down"),
  ].join("\n");
  expect(virtualboxAdapters(text)).toEqual([
    adapter("en0: Wi-Fi (AirPort)", { wireless: true }),
    adapter("eth0", { network: undefined, state: "unknown" }),
    adapter("enp3s0", { network: "10.1.0.0/20", state: "down" }),
  ]);
  expect(virtualboxAdapters(text.replaceAll("\n", "\r\n"))).toHaveLength(3);
  expect(virtualboxAdapters("")).toEqual([]);
});

test("what ip prints of bridges and of the default route is read", () => {
  const links = [
    {},
    { ifname: "br0", operstate: "UP", addr_info: [{ family: "inet", local: "192.168.1.5", prefixlen: 24 }] },
    { ifname: "virbr0", operstate: "DOWN", addr_info: [] },
  ];
  expect(bridgesIn(JSON.stringify(links))).toEqual([
    adapter("br0"),
    adapter("virbr0", { network: undefined, state: "down" }),
  ]);
  const routes = [
    { dst: "default", dev: "wlp8s0", metric: 600 },
    { dst: "default", dev: "enp3s0", metric: 100 },
  ];
  expect(defaultRouteIn(JSON.stringify(routes))).toBe("enp3s0");
  expect(defaultRouteIn("[]")).toBeUndefined();
  expect(defaultRouteIn("")).toBeUndefined();
});
