import { describe, expect, test } from "vitest";
import { type InstanceChange, instanceChangeOf } from "../../../cli/engine/instanceChange.ts";
import { heldBack, serves } from "../../../cli/targets/heldBack.ts";
import type { HostReport } from "../../../contract/hostStatus.ts";

const pair = (...names: string[]) => ({ nodes: names.map((name) => ({ name, address: "", priority: 1 })) });
const pairs = [pair("a1", "a2"), pair("b1", "b2", "b3")];
const all = (change: InstanceChange["change"], ...hosts: string[]) => hosts.map((host) => ({ host, change }));
const replaced = (...hosts: string[]) => all("replaced", ...hosts);
const nobody = { holders: [], serving: [] };

describe("a roll-out keeps the holder's instance until another node of its pair serves", () => {
  test("where all of them are replaced", () => {
    const hosts = replaced("a1", "a2", "b1", "b2", "b3", "db1");
    expect(heldBack(pairs, hosts, { holders: ["a2", "b3"], serving: ["a1", "a2", "b3"] })).toEqual([
      "a2",
      "b3",
    ]);
  });

  test("where the other one has been replaced by an earlier run and does not serve yet", () => {
    expect(heldBack(pairs, replaced("a1"), { holders: ["a1"], serving: ["a1"] })).toEqual(["a1"]);
  });

  test("where the other one is made in the same run", () => {
    const changes = [...replaced("a1"), ...all("made", "a2")];
    expect(heldBack(pairs, changes, { holders: ["a1"], serving: ["a1"] })).toEqual(["a1"]);
  });

  test("where both are stopped for another type", () => {
    const changes = all("restarted", "a1", "a2");
    expect(heldBack(pairs, changes, { holders: ["a2"], serving: ["a1", "a2"] })).toEqual(["a2"]);
  });

  test("where no node says that it is the holder, the first one stays", () => {
    expect(heldBack(pairs, replaced("a1", "a2"), nobody)).toEqual(["a1"]);
    expect(heldBack(pairs, replaced("a2"), nobody)).toEqual(["a2"]);
  });
});

test("one run is enough where a node that stays serves or is the holder", () => {
  expect(heldBack(pairs, replaced("b1", "b2"), { holders: ["b1"], serving: ["b1", "b3"] })).toEqual([]);
  expect(heldBack(pairs, replaced("a1"), { holders: ["a2"], serving: [] })).toEqual([]);
  expect(heldBack(pairs, replaced("db1"), { holders: ["a1"], serving: [] })).toEqual([]);
  expect(heldBack(pairs, all("made", "a1", "a2"), nobody)).toEqual([]);
  expect(heldBack(pairs, [], nobody)).toEqual([]);
});

test("a node serves once it runs the bundle that was delivered, with all its daemons", () => {
  const report = {
    bundle: { live: "delivered", since: null, previous: [] },
    unfinished: null,
    units: [{ unit: "haproxy.service", active: "active", sub: "running", restarts: 0 }],
    node: {
      holder: false,
      virtualAddress: "",
      haproxy: { version: "", uptimeS: 1, connections: 0, workers: [] },
    },
  } as unknown as HostReport;
  expect(serves(report, "delivered")).toBe(true);
  expect(serves(report, "another")).toBe(false);
  expect(serves({ ...report, bundle: { ...report.bundle, live: null } }, undefined)).toBe(false);
  for (const active of ["inactive", "activating", "unknown"])
    expect(serves({ ...report, units: [{ unit: "x", active, sub: "", restarts: 0 }] }, "delivered")).toBe(
      false,
    );
  expect(serves({ ...report, units: [] }, "delivered")).toBe(false);
  expect(serves({ ...report, node: null }, "delivered")).toBe(false);
  const running = { kind: "apply", to: "other", startedAt: "", running: true };
  expect(serves({ ...report, unfinished: running }, "delivered")).toBe(false);
});

test("a step of the engine says what becomes of a host's instance", () => {
  const step = (op: string, more: object = {}) =>
    instanceChangeOf({
      op: op as "update",
      type: "aws:ec2/instance:Instance",
      urn: "urn:pulumi:aws::hapair::x$aws:ec2/instance:Instance::a1-instance",
      ...more,
    })?.change;
  expect(step("create")).toBe("made");
  for (const op of ["replace", "create-replacement", "delete-replaced"]) expect(step(op)).toBe("replaced");
  expect(step("update", { diffs: ["tags", "instanceType"] })).toBe("restarted");
  expect(step("update", { detailedDiff: { instanceType: {} } })).toBe("restarted");
  expect(
    step("update", { diffs: ["tags"], detailedDiff: { "rootBlockDevice.volumeSize": {} } }),
  ).toBeUndefined();
  expect(step("same")).toBeUndefined();
  expect(step("create", { type: "aws:ec2/eip:Eip" })).toBeUndefined();
});
