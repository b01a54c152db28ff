import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Answer, Dns } from "../../../../agent/routes/dns.ts";
import { TargetNames } from "../../../../agent/routes/names.ts";
import { targetRules } from "../../../../agent/routes/writer/targets.ts";
import { routesConfig } from "./routeFixtures.ts";

const rules = targetRules({ ...routesConfig("/"), deniedTargets: ["10.9.0.0/16"] });

/** Name servers that answer what a test has them answer. */
class FakeDns implements Dns {
  readonly records = new Map<string, readonly Answer[] | Error>();
  readonly asked: string[] = [];
  /** Answers wait for it. */
  gate: Promise<void> = Promise.resolve();

  async resolve(name: string): Promise<readonly Answer[]> {
    this.asked.push(name);
    await this.gate;
    const answer = this.records.get(name) ?? new Error(`queryA ENOTFOUND ${name}`);
    if (answer instanceof Error) throw answer;
    return answer;
  }

  cancel(): void {}
}

const a = (address: string, ttl = 30): Answer => ({ address, ttl });
let dns: FakeDns;
beforeEach(() => {
  vi.useFakeTimers();
  dns = new FakeDns();
});
afterEach(() => vi.useRealTimers());

/** How often a name was asked for while this time passed, with a look every half second. */
async function asksDuring(names: TargetNames, ms: number): Promise<number> {
  dns.asked.length = 0;
  for (let passed = 0; passed < ms; passed += 500) {
    await vi.advanceTimersByTimeAsync(500);
    await names.refresh();
  }
  return dns.asked.length;
}

describe("the address of a target", () => {
  test("that is one itself is used where routes may lead to it", () => {
    const names = new TargetNames(rules, new Map(), dns);
    expect(names.addressOf("10.0.9.5")).toBe("10.0.9.5");
    for (const forbidden of ["127.0.0.1", "169.254.169.254", "10.0.1.100", "10.9.3.3", "0.0.0.0"])
      expect(names.addressOf(forbidden)).toBeNull();
  });

  test("is known at once from the log, and after a moment from the name servers", async () => {
    dns.records.set("new.test", [a("10.0.9.7")]);
    const names = new TargetNames(rules, new Map([["app.test", "10.0.9.5"]]), dns);
    expect(names.addressOf("app.test")).toBe("10.0.9.5");
    expect(names.addressOf("new.test")).toBeNull();
    await names.learn(["app.test", "new.test", "10.0.9.9", "new.test"]);
    expect(names.addressOf("new.test")).toBe("10.0.9.7");
    expect(dns.asked).toEqual(["new.test"]);
    expect(names.addresses()).toEqual(
      new Map([
        ["app.test", "10.0.9.5"],
        ["new.test", "10.0.9.7"],
      ]),
    );
  });

  test("that comes late keeps nobody waiting, and is told as a change", async () => {
    let open = () => {};
    dns.gate = new Promise((resolve) => {
      open = resolve;
    });
    dns.records.set("slow.test", [a("10.0.9.7")]);
    const names = new TargetNames(rules, new Map(), dns);
    const learnt = names.learn(["slow.test"]);
    await vi.advanceTimersByTimeAsync(250);
    await learnt;
    expect(names.addressOf("slow.test")).toBeNull();
    expect(names.takeChanged()).toEqual(new Set());
    open();
    await vi.advanceTimersByTimeAsync(0);
    expect(names.takeChanged()).toEqual(new Set(["slow.test"]));
    expect(names.takeChanged()).toEqual(new Set());
    expect(names.addressOf("slow.test")).toBe("10.0.9.7");
  });

  test.each([
    [0, 10],
    [1, 10],
    [5, 2],
    [30, 0],
  ])("with a TTL of %d s is asked for %d times in ten seconds", async (ttl, times) => {
    dns.records.set("app.test", [a("10.0.9.5", ttl)]);
    const names = new TargetNames(rules, new Map(), dns);
    await names.learn(["app.test"]);
    expect(await asksDuring(names, 10_000)).toBe(times);
  });

  test("with a TTL of a day is asked for every minute", async () => {
    dns.records.set("app.test", [a("10.0.9.5", 86_400)]);
    const names = new TargetNames(rules, new Map(), dns);
    await names.learn(["app.test"]);
    expect(await asksDuring(names, 180_000)).toBe(3);
  });

  test("stays while nobody answers, and is asked for ever more rarely", async () => {
    dns.records.set("app.test", [a("10.0.9.5", 1)]);
    const names = new TargetNames(rules, new Map(), dns);
    await names.learn(["app.test"]);
    dns.records.set("app.test", new Error("queryA ETIMEOUT app.test"));
    expect(await asksDuring(names, 600_000)).toBeLessThan(20);
    expect(names.addressOf("app.test")).toBe("10.0.9.5");
    expect(names.problems()).toEqual(new Map([["app.test", "queryA ETIMEOUT app.test"]]));
    dns.records.set("app.test", [a("10.0.9.6", 1)]);
    await asksDuring(names, 60_000);
    expect(names.addressOf("app.test")).toBe("10.0.9.6");
    expect(names.problems().size).toBe(0);
  });

  test("stays while it is among those that the name has", async () => {
    dns.records.set("app.test", [a("10.0.9.7", 1), a("10.0.9.6", 1), a("10.0.9.5", 1)]);
    const names = new TargetNames(rules, new Map([["app.test", "10.0.9.6"]]), dns);
    await names.refresh();
    expect(names.addressOf("app.test")).toBe("10.0.9.6");
    expect(names.takeChanged().size).toBe(0);
    dns.records.set("app.test", [a("10.0.9.7", 1), a("10.0.9.5", 1)]);
    await asksDuring(names, 2000);
    // Both nodes choose the same one.
    expect(names.addressOf("app.test")).toBe("10.0.9.5");
    expect(names.takeChanged()).toEqual(new Set(["app.test"]));
  });
});

describe("an address that routes must not lead to", () => {
  test("is refused after each question, and the last good one stays", async () => {
    dns.records.set("rebind.test", [a("10.0.9.5", 1)]);
    const names = new TargetNames(rules, new Map(), dns);
    await names.learn(["rebind.test"]);
    dns.records.set("rebind.test", [a("127.0.0.1", 1), a("169.254.169.254", 1)]);
    await asksDuring(names, 5000);
    expect(names.addressOf("rebind.test")).toBe("10.0.9.5");
    expect(names.problems().get("rebind.test")).toMatch(/127\.0\.0\.1 is the node itself/);
  });

  test("is passed over where the name has another one", async () => {
    dns.records.set("both.test", [a("127.0.0.1"), a("10.0.9.5")]);
    const names = new TargetNames(rules, new Map(), dns);
    await names.learn(["both.test"]);
    expect(names.addressOf("both.test")).toBe("10.0.9.5");
  });

  test("is not used although the log has it, where the config has come to forbid it", () => {
    const names = new TargetNames(rules, new Map([["app.test", "10.9.1.1"]]), dns);
    expect(names.addressOf("app.test")).toBeNull();
  });

  test("alone leaves a new name without an address", async () => {
    dns.records.set("metadata.test", [a("169.254.169.254")]);
    dns.records.set("empty.test", []);
    const names = new TargetNames(rules, new Map(), dns);
    await names.learn(["metadata.test", "empty.test"]);
    expect(names.addressOf("metadata.test")).toBeNull();
    expect(names.problems().get("metadata.test")).toMatch(/link-local/);
    expect(names.problems().get("empty.test")).toBe("it has no IPv4 address");
  });
});

test("a name that no route has any more is not asked for", async () => {
  dns.records.set("app.test", [a("10.0.9.5", 1)]);
  const names = new TargetNames(rules, new Map(), dns);
  await names.learn(["app.test"]);
  await vi.advanceTimersByTimeAsync(20_000);
  names.keep(new Set());
  expect(await asksDuring(names, 5000)).toBe(0);
  expect(names.addresses().size).toBe(0);
});

test("a name that is learned stays while it is asked for, and for as long as a probe of it may take", async () => {
  dns.records.set("app.test", [a("10.0.9.5")]);
  let open = (): void => {};
  dns.gate = new Promise((resolve) => {
    open = resolve;
  });
  const names = new TargetNames(rules, new Map(), dns);
  const learnt = names.learn(["app.test"]);
  names.keep(new Set());
  open();
  await learnt;
  expect(names.addressOf("app.test")).toBe("10.0.9.5");
  await vi.advanceTimersByTimeAsync(10_000);
  names.keep(new Set());
  expect(names.addressOf("app.test")).toBe("10.0.9.5");
});

test("at most 32 names are asked for at once", async () => {
  let asking = 0;
  let most = 0;
  const slow: Dns = {
    resolve: async (name) => {
      asking += 1;
      most = Math.max(most, asking);
      await new Promise((resolve) => setTimeout(resolve, 100));
      asking -= 1;
      return [a(`10.0.9.${Number(name.slice(1, -5)) % 200}`)];
    },
    cancel: () => {},
  };
  const names = new TargetNames(rules, new Map(), slow);
  void names.learn(Array.from({ length: 200 }, (_, index) => `n${index}.test`));
  await vi.advanceTimersByTimeAsync(1000);
  expect(most).toBe(32);
  expect(names.addresses().size).toBe(200);
});
