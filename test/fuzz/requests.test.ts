import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Served, served } from "../unit/agent/door/doorFixtures.ts";
import { RoutesApi } from "./faults/requests.ts";
import { hostileRequests } from "./generators/requests.ts";
import { holds } from "./support/holds.ts";
import { seeds } from "./support/seeds.ts";

let api: Served;
beforeAll(async () => {
  api = await served();
});
afterAll(() => api?.[Symbol.dispose]());

describe.each(seeds())("with the $kind seed $seed", ({ seed }) => {
  test("a hostile request of the API gets a problem of its catalogue, and the next one its answer", async () => {
    const { faultOfRequest } = new RoutesApi(api);
    await holds({ inputs: hostileRequests, fault: faultOfRequest, seed, count: 550, withinMs: 15_000 });
    // Not all were refused before they came to the routes.
    expect(api.table.asked.length).toBeGreaterThan(5);
  });
});
