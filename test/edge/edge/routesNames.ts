import { afterAll, beforeAll, expect, it } from "vitest";
import { startTargetAt } from "../../../drills/clients/routes/target.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { target } from "./edgeLab.ts";
import { type NameServer, startNameServer, withoutNameServer } from "./nameServer.ts";
import { metricOn } from "./routesHealth.ts";
import { agent, askEdge, both, type RoutesLab, routesOf, statusOnBoth } from "./routesLab.ts";

const name = "target.example.test";
const other = "10.0.1.12";
const settled = { timeout: 20_000, interval: 100 };
/** The agent asks again for a name that nobody answers after up to a minute. */
const askedAgain = { ...settled, timeout: 70_000 };

/** Targets that have a name, which a name server leads somewhere. */
export function nameTests(lab: () => RoutesLab): void {
  let server: NameServer | undefined;
  let stopOther: (() => Promise<void>) | undefined;
  const serve = (addresses: Readonly<Record<string, string>>) => server?.serve(addresses);
  const address = (verb: "add" | "delete") =>
    exec(lab().lab, "app", ["ip", "address", verb, `${other}/32`, "dev", "lo"]);
  /** Where requests through the virtual address get to. */
  const reached = async () => {
    const { status, body } = await askEdge(lab(), "roaming");
    return status === 200 ? JSON.parse(body).address : status;
  };
  const unresolved = () => Promise.all(both.map((node) => metricOn(lab(), node, "hapair_routes_unresolved")));

  beforeAll(async () => {
    await address("add");
    stopOther = await startTargetAt(lab().lab, { address: other, port: target.port });
    server = await startNameServer(lab());
  });
  afterAll(async () => {
    for (const label of ["roaming", "later"]) await routesOf(lab()).removeHttpRoute(agent, label);
    await server?.end();
    await withoutNameServer(lab());
    await stopOther?.();
    await address("delete");
  });

  it("are where the name leads, on both nodes, and elsewhere as soon as that does", async () => {
    serve({ [name]: target.address });
    await routesOf(lab()).addHttpRoute(agent, "roaming", `http://${name}:${target.port}`);
    expect(await statusOnBoth(lab(), "roaming")).toEqual(["200", "200"]);
    expect(await reached()).toBe(target.address);
    serve({ [name]: other });
    await expect.poll(reached, settled).toBe(other);
  });

  it("stay where they were while the name leads nowhere, or to an address that no route may lead to", async () => {
    for (const addresses of [{}, { [name]: "10.0.9.5" }, { [name]: "127.0.0.1" }, { [name]: "10.0.1.30" }]) {
      serve(addresses);
      await expect.poll(unresolved, settled).toEqual([1, 1]);
      expect([addresses, await statusOnBoth(lab(), "roaming")]).toEqual([addresses, ["200", "200"]]);
      expect(await reached()).toBe(other);
      serve({ [name]: other });
      await expect.poll(unresolved, settled).toEqual([0, 0]);
    }
  }, 120_000);

  it("stay where they were while no name server answers, and a new one is served once one does", async () => {
    await server?.end();
    await expect.poll(unresolved, settled).toEqual([1, 1]);
    expect(await reached()).toBe(other);
    const later = "later.example.test";
    await routesOf(lab()).addHttpRoute(agent, "later", `http://${later}:${target.port}`);
    await expect.poll(unresolved, settled).toEqual([2, 2]);
    expect(await statusOnBoth(lab(), "later")).toEqual(["404", "404"]);
    server = await startNameServer(lab());
    serve({ [name]: other, [later]: target.address });
    await expect.poll(() => statusOnBoth(lab(), "later"), askedAgain).toEqual(["200", "200"]);
    await expect.poll(unresolved, askedAgain).toEqual([0, 0]);
  }, 200_000);
}
