import fc from "fast-check";
import { expect, test } from "vitest";
import { closedByOperator, toFollow } from "../../../../agent/egress/act/haproxyView.ts";
import { RecordedHaproxy } from "./runtimeFixtures.ts";

const backends = ["egress-main", "egress-main-unchecked"] as const;

function closed(haproxy: RecordedHaproxy): Record<string, boolean> {
  return Object.fromEntries(closedByOperator(haproxy.answer("show servers state")));
}

test("an operator's maint and drain are recognised, also on a server that is down", () => {
  const haproxy = new RecordedHaproxy(["wg1", "wg2", "wg3"]);
  haproxy.states.set("wg2", "DOWN");
  haproxy.answer("set server egress-main/wg1 state maint");
  haproxy.answer("set server egress-main/wg2 state drain");
  expect(closed(haproxy)).toEqual({
    "egress-main/wg1": true,
    "egress-main/wg2": true,
    "egress-main/wg3": false,
    "egress-main-unchecked/wg1": false,
    "egress-main-unchecked/wg2": false,
    "egress-main-unchecked/wg3": false,
  });
});

test("an answer without a table of servers is garbage", () => {
  for (const answer of ["", "1\n", "Permission denied\n", "\u0001garbage\nmore\n"])
    expect(() => closedByOperator(answer)).toThrow(expect.objectContaining({ kind: "garbage" }));
});

test("after one round the backend without checks has the states of the checked one, and nothing is left to do", () => {
  const servers = ["wg1", "wg2", "wg3"];
  const set = fc.tuple(
    fc.constantFrom(...backends),
    fc.constantFrom(...servers),
    fc.constantFrom("maint", "drain", "ready"),
  );
  const follow = (haproxy: RecordedHaproxy) => {
    const commands = toFollow(servers, backends, closedByOperator(haproxy.answer("show servers state")));
    for (const { server, state } of commands)
      haproxy.answer(`set server egress-main-unchecked/${server} state ${state}`);
    return commands;
  };
  fc.assert(
    fc.property(fc.array(set), (sets) => {
      const haproxy = new RecordedHaproxy(servers);
      for (const [backend, server, state] of sets)
        haproxy.answer(`set server ${backend}/${server} state ${state}`);
      const wanted = closed(haproxy);
      expect(servers).toEqual(expect.arrayContaining(follow(haproxy).map(({ server }) => server)));
      const found = closed(haproxy);
      for (const name of servers) {
        expect(found[`egress-main/${name}`]).toBe(wanted[`egress-main/${name}`]);
        expect(found[`egress-main-unchecked/${name}`]).toBe(wanted[`egress-main/${name}`]);
      }
      expect(follow(haproxy)).toEqual([]);
    }),
  );
});

test("a server that haproxy does not have yet gets no command", () => {
  expect(toFollow(["wg1"], backends, new Map([["egress-main/wg1", true]]))).toEqual([]);
});
