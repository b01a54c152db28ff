import { describe, expect, test } from "vitest";
import { readBundle } from "../../../../agent/store/readBundle.ts";
import { bundle } from "./scratchHost.ts";

const changed = (change: (whole: ReturnType<typeof JSON.parse>) => void): Buffer => {
  const whole = JSON.parse(bundle("one").toString());
  change(whole);
  return Buffer.from(JSON.stringify(whole));
};

describe("a bundle is refused", () => {
  test("when its bytes are not the announced ones", () => {
    const { sha } = readBundle(bundle("one"), "haproxy1");
    expect(() => readBundle(bundle("two"), "haproxy1", sha)).toThrow(`expected ${sha}`);
  });

  test("when it is cut off, wherever that is", () => {
    const raw = bundle("one");
    for (let length = 0; length < raw.length; length += 7) {
      expect(() => readBundle(raw.subarray(0, length), "haproxy1")).toThrow("copy it again");
    }
  });

  test("when it is for another host", () => {
    expect(() => readBundle(bundle("one"), "haproxy2")).toThrow('for host "haproxy1", this is "haproxy2"');
  });

  test.each([
    "/etc/passwd",
    "../etc/passwd",
    "etc/../../etc/passwd",
    "etc/./x",
    "etc//x",
    "etc/x/",
    ".ssh/x",
    "etc/\nx",
  ])("when a path is %j", (path) => {
    expect(() =>
      readBundle(
        changed((whole) => (whole.files[0].path = path)),
        "haproxy1",
      ),
    ).toThrow("plain relative path");
  });

  test("when a path reaches into the agent's own store", () => {
    const raw = changed((whole) => (whole.files[0].path = "var/lib/hapair/current"));
    expect(() => readBundle(raw, "haproxy1")).toThrow("own store");
  });

  test("when a path is named twice, or is also a folder", () => {
    expect(() =>
      readBundle(
        changed((whole) => (whole.files[0].path = "etc/hapair/secret")),
        "haproxy1",
      ),
    ).toThrow("twice");
    expect(() =>
      readBundle(
        changed((whole) => (whole.files[0].path = "etc/hapair")),
        "haproxy1",
      ),
    ).toThrow("as a file and as the folder");
  });

  test("when the agent's config is wrong, without showing what it holds", () => {
    const raw = changed((whole) => {
      whole.files[0].path = "etc/hapair/agent.json";
      whole.files[0].text = JSON.stringify({ host: "haproxy1", pasword: "hunter2" });
    });
    const refuse = () => readBundle(raw, "haproxy1");
    expect(refuse).toThrow("pasword");
    expect(refuse).not.toThrow("hunter2");
  });
});

test("a bundle of an earlier version, whose config says more of its node, is read: it may be the live one", () => {
  const node = {
    virtualAddress: "10.0.1.100",
    runtimeSocket: "/r",
    masterSocket: "/m",
    serverStateFile: "/s",
  };
  const raw = changed((whole) => {
    whole.files[0].path = "etc/hapair/agent.json";
    whole.files[0].text = JSON.stringify({ host: "haproxy1", node: { ...node, interface: "host0" } });
  });
  expect(readBundle(raw, "haproxy1").config?.node).toEqual(node);
});
