import { expect, test } from "vitest";
import { exitStatusOf, formatFindings, later, unknown, wrong } from "../../../../cli/doctor/finding.ts";
import { secretFindings } from "../../../../cli/doctor/secrets.ts";
import { toolFindings } from "../../../../cli/doctor/tools.ts";
import { type LabLook, labFindings } from "../../../../cli/targets/lab/labFindings.ts";
import { parseTopology } from "../../../../topology/parse.ts";
import { labConfig } from "../../fixtures.ts";

test("the doctor's exit status is that of status: wrong before unknown, and what a roll-out does itself is good", () => {
  expect(exitStatusOf([])).toBe(0);
  expect(exitStatusOf([later("a")])).toBe(0);
  expect(exitStatusOf([later("a"), unknown("b")])).toBe(3);
  expect(exitStatusOf([unknown("b"), wrong("c")])).toBe(1);
});

test("what is wrong is told first, and the last line sums up", () => {
  expect(formatFindings("lab", [later("c"), unknown("b"), wrong("a")]).split("\n")).toEqual([
    "wrong: a",
    "unknown: b",
    "later: c",
    "lab: 1 wrong, 1 unknown",
  ]);
  expect(formatFindings("lab", [])).toBe("lab: nothing is wrong");
});

test("missing tools are the set-up's work where it may install them, and wrong elsewhere", () => {
  expect(toolFindings([], false)).toEqual([]);
  expect(toolFindings(["curl", "mmdebstrap"], true)).toEqual([
    later("this machine lacks curl mmdebstrap: the first command installs them"),
  ]);
  expect(toolFindings(["curl"], false)).toEqual([
    wrong(expect.stringContaining("apt-get install curl as root, or give the user sudo without a password")),
  ]);
});

test("secrets that have to be set and are not are named; those that are set are left to the roll-out", () => {
  const topology = parseTopology({ ...labConfig(), secrets: "config" });
  expect(secretFindings(topology, {})).toContainEqual(wrong(expect.stringContaining("passwords")));
  const set = { passwords: { secure: "v1:encrypted" } };
  expect(secretFindings(topology, set).map(({ verdict }) => verdict)).toEqual(["later"]);
  expect(secretFindings(parseTopology(labConfig()), {})).toEqual([]);
});

const machines = ["db1", "haproxy1", "haproxy2"];
const nobody = new Set<string>();
const good: LabLook = {
  disks: { folder: "/var/lib/hapair-lab", freeMb: 600 },
  image: { folder: "/var/cache/hapair-lab", freeMb: 1500, isThere: false },
  memoryMb: 450,
  asRoot: {
    state: { otherClone: undefined, running: nobody, disks: nobody },
    trouble: undefined,
    takenPorts: [],
  },
};
const look = (change: Partial<LabLook>, asRoot: Partial<NonNullable<LabLook["asRoot"]>> = {}) =>
  labFindings("hapair", machines, {
    ...good,
    ...(good.asRoot && { asRoot: { ...good.asRoot, ...asRoot } }),
    ...change,
  });

test("a machine that has just enough for a lab has nothing wrong", () => {
  expect(look({})).toEqual([]);
});

test("everything that a lab lacks is told at once, each with what to do", () => {
  const findings = look(
    { ...good, disks: { ...good.disks, freeMb: 599 }, image: { ...good.image, freeMb: 100 }, memoryMb: 449 },
    {},
  );
  const told = [
    ...findings,
    ...look({}, { trouble: "This host has no namespaces; use a VM.", takenPorts: ["Port A.", "Port B."] }),
  ];
  expect(told.map(({ verdict }) => verdict)).toEqual(Array(6).fill("wrong"));
  expect(told.map(({ text }) => text)).toEqual([
    expect.stringMatching(/^\/var\/cache\/hapair-lab has 100 MB free, and .* need 1500 MB: make room/),
    expect.stringMatching(/^\/var\/lib\/hapair-lab has 599 MB free, and .* need 600 MB: make room/),
    expect.stringMatching(/^this machine has 449 MB of memory free, and .* need 450 MB: end other programs/),
    "This host has no namespaces; use a VM.",
    "Port A.",
    "Port B.",
  ]);
});

test("a lab that runs needs no room for what it has", () => {
  const all = new Set(machines);
  const state = { otherClone: undefined, running: all, disks: all };
  const full = {
    disks: { ...good.disks, freeMb: 0 },
    image: { ...good.image, freeMb: 0, isThere: true },
    memoryMb: 0,
  };
  const { asRoot } = good;
  expect(look({ ...full, ...(asRoot && { asRoot: { ...asRoot, state } }) })).toEqual([]);
});

test("the lab of another clone is named with its folder", () => {
  const state = { otherClone: "/home/other", running: nobody, disks: nobody };
  expect(look({}, { state })).toEqual([
    wrong(expect.stringContaining("belongs to the clone /home/other: use it there")),
  ]);
});

test("a user who may not become root is told so, and that the rest is unknown", () => {
  const { asRoot: _, ...plain } = good;
  const findings = labFindings("hapair", machines, plain);
  expect(findings.map(({ verdict }) => verdict)).toEqual(["wrong", "unknown"]);
  expect(findings[0]?.text).toContain("give the user sudo without a password");
});
