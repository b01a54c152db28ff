import { beforeEach, describe, expect, it } from "vitest";
import { StoreFailure, StoreRefusal } from "../../../../../agent/routes/store/store.ts";
import { put } from "./routes.ts";
import { asker, one, resetWorld, transaction, world, writer } from "./writerBed.ts";

beforeEach(resetWorld);

describe("the circuit", () => {
  it("opens by failures of the store, and later callers are told at once", async () => {
    world.commit = () => Promise.reject(new StoreFailure("disk full", false));
    const own = writer();
    for (const _ of [1, 2])
      await expect(own.write(one, asker)).rejects.toMatchObject({ code: "unavailable" });
    await expect(own.write(one, asker)).rejects.toMatchObject({
      code: "circuit-open",
      message: expect.stringContaining("disk full"),
    });
    expect(world.commits).toHaveLength(2);
    expect(own.circuit()).toMatchObject({ state: "OPEN", failureCount: 2 });
  });

  it.each(["haproxy", "database"] as const)("is open while the node knows a problem of %s", async (what) => {
    world[what] = `no ${what}`;
    const own = writer();
    await expect(own.write(one, asker)).rejects.toMatchObject({
      code: "circuit-open",
      message: `Circuit is open: no ${what}`,
    });
    expect(own.circuit().state).toBe("OPEN");
    expect(world.commits).toEqual([]);
    world[what] = null;
    expect(own.circuit().state).toBe("CLOSED");
    await own.write(one, asker);
  });

  it("stays closed where callers are wrong, or another node is slow", async () => {
    const own = writer("all");
    world.commit = () => Promise.reject(new StoreRefusal("taken", "t", "shop.example.com"));
    for (const _ of [1, 2, 3]) await expect(own.write(one, asker)).rejects.toMatchObject({ code: "taken" });
    world.commit = async () => ({ version: 8, before: [null] });
    world.peerServes = false;
    for (const _ of [1, 2, 3])
      await expect(own.write(one, asker)).rejects.toMatchObject({ code: "not-everywhere" });
    expect(own.circuit().state).toBe("CLOSED");
  });

  it("is not even asked about a request that is wrong in itself", async () => {
    world.database = "away";
    const wrong = transaction([put("shop"), put("shop.example.com")]);
    await expect(writer().write(wrong, asker)).rejects.toMatchObject({ code: "bad-request" });
    const forbidden = transaction([put("shop", "http://127.0.0.1")]);
    await expect(writer().write(forbidden, asker)).rejects.toMatchObject({ code: "forbidden-target" });
  });
});
