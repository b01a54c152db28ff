import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { layoutOf } from "../../../../agent/store/layout.ts";
import { applied, live, staged } from "./applying.ts";
import { bundle, ScratchHost } from "./scratchHost.ts";

const cfg = "etc/haproxy/haproxy.cfg";

let host: ScratchHost;
beforeEach(() => {
  host = new ScratchHost();
});
afterEach(() => host.remove());

describe("the data path", () => {
  const withProof = (text: string, session = {}, vrrp = ""): Buffer => {
    const whole = JSON.parse(bundle(text).toString());
    const proof = { host: "127.0.0.1", port: 5432, user: "probe", password: "secret", database: "postgres" };
    const node = {
      virtualAddress: "10.0.1.100",
      runtimeSocket: "/r",
      masterSocket: "/m",
      serverStateFile: "/s",
      pool: { backend: "poolers", proof, ...session },
    };
    const { owner, group } = whole.files[0];
    const agent = {
      path: "etc/hapair/agent.json",
      mode: "0600",
      owner,
      group,
      text: JSON.stringify({ host: "haproxy1", node }),
    };
    const keepalived = { path: "etc/keepalived/keepalived.conf", mode: "0644", owner, group, text: vrrp };
    return Buffer.from(JSON.stringify({ ...whole, files: [...whole.files, agent, keepalived] }));
  };

  test("must carry a query under the first bundle", async () => {
    host.dataPath = false;
    expect(await applied(host, withProof("one"))).toMatchObject({
      outcome: "restored",
      reason: expect.stringContaining("connection refused"),
    });
  });

  test("that breaks under a bundle rolls it back", async () => {
    await applied(host, withProof("one"));
    const query = host.query.bind(host);
    host.query = async () => {
      if (live(host, cfg) === "two\n") throw new Error("connection reset");
      return query();
    };
    expect(await applied(host, withProof("two"))).toMatchObject({ outcome: "restored" });
    expect(live(host, cfg)).toBe("one\n");
  });

  test("that worked before the roll-out has to work after it, also where another host has broken it since", async () => {
    await applied(host, withProof("one"));
    await staged(host, withProof("two"));
    host.dataPath = false;
    expect(await applied(host, withProof("two"))).toMatchObject({ outcome: "restored" });
    // Again, as after a person has corrected something else: the roll-out has not ended yet.
    await staged(host, withProof("three"));
    expect(await applied(host, withProof("three"))).toMatchObject({ outcome: "restored" });
    expect(live(host, cfg)).toBe("one\n");
    host.setClock(3_600_000);
    expect(await applied(host, withProof("three"))).toMatchObject({ outcome: "applied" });
  });

  test("that a roll-out has proven excuses nothing in the next one", async () => {
    await applied(host, withProof("one"));
    await staged(host, withProof("two"));
    await applied(host, withProof("two"));
    host.dataPath = false;
    await staged(host, withProof("three"));
    expect(await applied(host, withProof("three"))).toMatchObject({ outcome: "applied" });
  });

  test("that was broken before does not keep a bundle from going live, and is reported", async () => {
    await applied(host, withProof("one"));
    host.dataPath = false;
    expect(await applied(host, withProof("two"))).toMatchObject({
      outcome: "applied",
      proof: { fails: "connection refused" },
    });
  });

  describe("of a pool with a port for sessions", () => {
    const proof = { host: "127.0.0.1", port: 5433, user: "probe", password: "secret", database: "postgres" };
    const withSession = (text: string) => withProof(text, { session: { backend: "session-poolers", proof } });
    /** Ports on which no query gets through, by the haproxy.cfg that is live. */
    const failing = (ports: (cfg: string) => readonly number[]): void => {
      host.query = async (login) => {
        const port = login?.port ?? 0;
        if (ports(live(host, cfg) ?? "").includes(port)) throw new Error(`no answer from ${port}`);
        return "1";
      };
    };

    test("has to carry a query on that port too", async () => {
      await applied(host, withProof("one"));
      failing(() => [5433]);
      expect(await applied(host, withSession("two"))).toMatchObject({
        outcome: "restored",
        reason: expect.stringContaining(
          "through the local haproxy on port 5433 within 10 s: no answer from 5433",
        ),
      });
    });

    test("that failed there alone goes live, also as the reference of a roll-out", async () => {
      await applied(host, withSession("one"));
      failing(() => [5433]);
      await staged(host, withSession("two"));
      expect(await applied(host, withSession("two"))).toMatchObject({
        outcome: "applied",
        proof: { through: "the local haproxy on port 5433", fails: "no answer from 5433" },
      });
    });

    test("that failed there alone does not excuse that the main port fails now", async () => {
      await applied(host, withSession("one"));
      failing((text) => (text === "one\n" ? [5433] : [5432, 5433]));
      expect(await applied(host, withSession("two"))).toMatchObject({ outcome: "restored" });
      await staged(host, withSession("two"));
      failing(() => [5432, 5433]);
      expect(await applied(host, withSession("two"))).toMatchObject({ outcome: "restored" });
    });

    test("that failed on the main port does not keep a bundle with a new port from going live", async () => {
      await applied(host, withProof("one"));
      failing(() => [5432, 5433]);
      expect(await applied(host, withSession("two"))).toMatchObject({ outcome: "applied" });
    });
  });

  test("that led to a pooler which refused the password has to lead there still", async () => {
    await applied(host, withProof("one"));
    const problem: Record<string, string> = {
      "one\n": "SASL authentication failed",
      "two\n": "connection refused",
      "three\n": "SASL authentication failed",
    };
    host.query = async () => {
      const found = problem[live(host, cfg) ?? ""];
      if (found) throw new Error(found);
      return "1";
    };
    expect(await applied(host, withProof("two"))).toMatchObject({
      outcome: "restored",
      reason: expect.stringContaining("connection refused"),
    });
    expect(await applied(host, withProof("three"))).toMatchObject({
      outcome: "applied",
      proof: { fails: "SASL authentication failed" },
    });
    expect(await applied(host, withProof("four"))).toMatchObject({ outcome: "applied", proof: "answers" });
  });

  test("a holder is skipped on request, with the bundle checked and kept", async () => {
    await applied(host, withProof("one"));
    host.onInterface = ["127.0.0.1", "10.0.1.100"];
    const next = withProof("two");
    const outcome = await applied(host, next, { unlessHolder: true });
    expect(outcome).toMatchObject({
      outcome: "skipped",
      changed: ["etc/hapair/secret", cfg, "etc/sysctl.d/60-hapair.conf"],
    });
    expect(live(host, cfg)).toBe("one\n");
    expect(existsSync(join(layoutOf(host.root).bundles, outcome.bundle))).toBe(true);
  });

  /** Whether a machine on the network answers for the virtual address. */
  const neighbour = (answers: boolean) => (line: string) => {
    if (line.startsWith("ip -o -4 route get"))
      return { status: 0, stdout: "10.0.1.100 dev eth0 src 10.0.1.22" };
    if (!line.startsWith("ip neighbour show")) return undefined;
    const state = answers ? "lladdr 02:00:00:00:00:15 REACHABLE" : "INCOMPLETE";
    return { status: 0, stdout: `10.0.1.100 dev eth0 ${state}` };
  };

  test("a node that is new to a running pair is skipped on request, also after the holder has left, and joins without it", async () => {
    host.answer = neighbour(true);
    await staged(host, withProof("one"));
    host.answer = neighbour(false);
    const first = { unlessHolder: true, unlessNew: true };
    expect(await applied(host, withProof("one"), first)).toMatchObject({
      outcome: "skipped",
      reason: "another machine holds the virtual address, and does not know this one yet",
    });
    // The roll-out was interrupted, and goes on the next day.
    await host.pause(86_400_000);
    expect(await applied(host, withProof("one"), first)).toMatchObject({ outcome: "skipped" });
    expect(await applied(host, withProof("one"), { unlessNew: true })).toMatchObject({ outcome: "skipped" });
    expect(live(host, cfg)).toBe("distribution\n");
    expect(await applied(host, withProof("one"))).toMatchObject({ outcome: "applied" });
    await staged(host, withProof("two"));
    expect(await applied(host, withProof("two"), first)).toMatchObject({ outcome: "applied" });
  });

  test.each([
    ["gets another address of its own", "unicast_src_ip 10.0.1.22", "unicast_src_ip 10.0.1.23"],
    [
      "is to wait less for adverts",
      "    advert_int 0.08\n    down_timer_adverts 3",
      "    advert_int 0.02\n    down_timer_adverts 3",
    ],
  ])("a node that %s joins as a new one does: it would not hear the holder", async (_, before, after) => {
    const first = { unlessHolder: true, unlessNew: true };
    await applied(host, withProof("one", {}, before));
    host.answer = neighbour(true);
    await staged(host, withProof("two", {}, before));
    expect(await applied(host, withProof("two", {}, before), first)).toMatchObject({ outcome: "applied" });
    await staged(host, withProof("three", {}, after));
    expect(await applied(host, withProof("three", {}, after), first)).toMatchObject({ outcome: "skipped" });
    expect(live(host, cfg)).toBe("two\n");
    expect(await applied(host, withProof("three", {}, after))).toMatchObject({ outcome: "applied" });
    await staged(host, withProof("four", {}, before));
    const back = await applied(host, withProof("four", {}, before), first);
    expect(back.outcome).toBe(before.includes("advert_int") ? "applied" : "skipped");
  });

  test("a node of a pair that begins is not skipped, nor one that has a bundle while its peer holds the address", async () => {
    const first = { unlessHolder: true, unlessNew: true };
    host.answer = neighbour(false);
    await staged(host, withProof("one"));
    expect(await applied(host, withProof("one"), first)).toMatchObject({ outcome: "applied" });
    host.answer = neighbour(true);
    await staged(host, withProof("two"));
    expect(await applied(host, withProof("two"), first)).toMatchObject({ outcome: "applied" });
  });
});
