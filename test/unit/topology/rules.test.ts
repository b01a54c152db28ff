import fc from "fast-check";
import { expect, test } from "vitest";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { labWithEgress, labWithPair, problemsOf } from "../fixtures.ts";

const lastByte = fc.integer({ min: 1, max: 254 });
const address = lastByte.map((byte) => `10.0.1.${byte}`);

/** Addresses of two to five nodes, of the virtual address and of the pool, clashes included. */
const addresses = fc.record({
  vip: address,
  pool: address,
  nodes: fc.array(address, { minLength: 2, maxLength: 5 }),
});

/** The lab's application server, internet and proxies. */
const taken = ["10.0.1.10", "10.0.1.40", "10.0.1.41", "10.0.1.42", "10.0.1.43"];

test("a config parses exactly if its addresses are all different and none is one of the lab's own", () => {
  fc.assert(
    fc.property(addresses, ({ vip, pool, nodes }) => {
      const all = [vip, pool, ...nodes, ...taken];
      const config = labWithPair({
        vip: { address: vip },
        pool: { machines: [{ name: "db1", address: pool }] },
        nodes: nodes.map((address, index) => ({ name: `node${index}`, address })),
      });
      expect(problemsOf(config).length === 0).toBe(new Set(all).size === all.length);
    }),
  );
});

test("whatever parses gives every node of a pair a priority of its own within VRRP's range", () => {
  const priorities = fc.array(fc.option(fc.integer({ min: -1, max: 256 }), { nil: undefined }), {
    minLength: 2,
    maxLength: 5,
  });
  fc.assert(
    fc.property(priorities, (given) => {
      const config = labWithPair({
        nodes: given.map((priority, index) => ({
          name: `node${index}`,
          address: `10.0.1.${50 + index}`,
          priority,
        })),
      });
      if (problemsOf(config).length > 0) return;
      const effective = parseTopology(config).pairs[0]?.nodes.map(({ priority }) => priority) ?? [];
      expect(new Set(effective).size).toBe(effective.length);
      for (const priority of effective)
        expect(priority).toSatisfy((value: number) => value >= 1 && value <= 254);
    }),
  );
});

test("no string with a quote, backslash or control character gets past the parser, wherever it stands", () => {
  const bad = fc.tuple(
    fc.string(),
    fc.constantFrom('"', "'", "`", "\\", "\n", "\r", "\0", "\u0085"),
    fc.string(),
  );
  const places = [
    (text: string) => labWithPair({ name: text }),
    (text: string) =>
      labWithPair({ pool: { machines: [{ name: "db1", address: "10.0.1.30" }], database: { user: text } } }),
    (text: string) => labWithPair({ haproxy: { statsUser: text } }),
    (text: string) => labWithPair({}, { network: { cidr: "10.0.1.0/24", interface: text } }),
    (text: string) => labWithPair({}, { syslog: { address: text } }),
    (text: string) => labWithEgress({ name: text }),
  ];
  fc.assert(
    fc.property(bad, fc.constantFrom(...places), ([before, character, after], place) => {
      expect(problemsOf(place(before + character + after))).not.toEqual([]);
    }),
  );
});

test("a host comes after those that it leads to", () => {
  const roles = hostsOf(parseTopology(labWithPair({}))).map(({ role }) => role);
  expect(roles).toEqual(["internet", "pool", "node", "node"]);
});
