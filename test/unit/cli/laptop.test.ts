import { expect, test } from "vitest";
import { here, waysTo } from "../../../cli/hosts/ways.ts";

const login = { host: "192.168.1.10", port: 22, user: "vagrant", hostKey: "ssh-ed25519 AAAA" };
const pair = { vip: "192.168.1.100", endpoints: {}, statsUser: "admin", statsPassword: "" };

test("the laptop's pool is asked on this machine, and every host by SSH, also one of the laptop's name", () => {
  const bundles = { laptop: "a".repeat(64), haproxy1: "b".repeat(64) };
  const pairs = { pg: { ...pair, bundles } };
  expect(waysTo({ ssh: { haproxy1: login }, pairs })).toEqual({ laptop: here, haproxy1: login });
  expect(waysTo({ ssh: { haproxy1: login, laptop: login }, pairs })).toEqual({
    laptop: login,
    haproxy1: login,
  });
  expect(waysTo({ ssh: { haproxy1: login }, pairs: { pg: { ...pair, bundles: {} } } })).toEqual({
    haproxy1: login,
  });
});
