import { describe, expect, it } from "vitest";
import { forbiddenTarget, targetRules } from "../../../../../agent/routes/writer/targets.ts";

const nothing = { ownAddresses: [], deniedTargets: [], allowedTargets: [] };

describe("what a route must not lead to", () => {
  const rules = targetRules({ ...nothing, ownAddresses: ["10.0.1.20", "10.0.1.100"] });

  it.each([
    ["0.0.0.0", "no address of a host"],
    ["127.0.0.1", "loopback"],
    ["127.255.255.254", "loopback"],
    ["169.254.169.254", "link-local"],
    ["100.100.100.200", "metadata"],
    ["168.63.129.16", "metadata"],
    ["224.0.0.18", "multicast"],
    ["250.1.2.3", "reserved"],
    ["255.255.255.255", "broadcast"],
    ["10.0.1.20", "the pair's own"],
    ["10.0.1.100", "the pair's own"],
  ])("%s is refused: %s", (address, why) => {
    const problem = forbiddenTarget(address, rules);
    expect(problem).toContain(why);
    expect(problem).toMatch(/^\d+\.\d+\.\d+\.\d+ is /);
  });

  it.each([
    "10.0.1.21",
    "1.1.1.1",
    "192.168.1.5",
    "172.16.0.1",
    "100.64.0.1",
    "223.255.255.255",
    "126.0.0.1",
  ])("%s is a target", (address) => expect(forbiddenTarget(address, rules)).toBeNull());

  it.each(["localhost", "::1", "127.1", "2130706433", "0x7f000001", "", "10.0.1.20 "])(
    "%j is no address and refused",
    (text) => expect(forbiddenTarget(text, rules)).toContain("is no IPv4 address"),
  );
});

describe("what the config says of targets", () => {
  it("an allowed network opens what is forbidden by default, and the rest of that stays closed", () => {
    const rules = targetRules({ ...nothing, allowedTargets: ["127.0.0.9/32", "169.254.0.0/16"] });
    expect(forbiddenTarget("127.0.0.9", rules)).toBeNull();
    expect(forbiddenTarget("169.254.169.254", rules)).toBeNull();
    expect(forbiddenTarget("127.0.0.8", rules)).toContain("loopback");
  });

  it("an own address that is allowed is a target, and the others are none", () => {
    const rules = targetRules({
      ...nothing,
      ownAddresses: ["10.0.1.20", "10.0.1.21"],
      allowedTargets: ["10.0.1.20/32"],
    });
    expect(forbiddenTarget("10.0.1.20", rules)).toBeNull();
    expect(forbiddenTarget("10.0.1.21", rules)).toContain("the pair's own");
  });

  it("a denied network is closed, whatever is allowed", () => {
    const rules = targetRules({
      ...nothing,
      deniedTargets: ["10.0.0.0/8", "127.0.0.9/32"],
      allowedTargets: ["10.0.9.0/24", "127.0.0.0/8"],
    });
    expect(forbiddenTarget("10.0.9.5", rules)).toContain("10.0.0.0/8, which routes.deniedTargets has");
    expect(forbiddenTarget("127.0.0.9", rules)).toContain("127.0.0.9/32, which routes.deniedTargets has");
    expect(forbiddenTarget("127.0.0.8", rules)).toBeNull();
  });

  it("a network that is none is an error", () => {
    expect(() => targetRules({ ...nothing, deniedTargets: ["10.0.0.0/33"] })).toThrow();
  });
});
