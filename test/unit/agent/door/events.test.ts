import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { expect, test, vi } from "vitest";
import { RouteEvent } from "../../../../contract/routes/event.ts";
import { ask, authority, type Served, served, tokens } from "./doorFixtures.ts";

/** Opens the stream; `text` is what has arrived. */
async function listen({ port }: Pick<Served, "port">) {
  let text = "";
  const sent = request({
    ...{ host: "127.0.0.1", port, path: "/api/events", agent: false, ca: authority.certificate },
    headers: { authorization: `Bearer ${tokens.reader}` },
  });
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    sent.on("response", resolve).on("error", reject).end(),
  );
  response.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  response.on("error", () => {});
  return {
    response,
    text: () => text,
    leave: () => sent.destroy(),
    events: () =>
      [...text.matchAll(/^data: (.*)$/gm)].map(([, data = ""]) => RouteEvent.parse(JSON.parse(data))),
  };
}

test("a listener gets the version first and then each change, as its schema has it", async () => {
  using api = await served();
  const listener = await listen(api);
  expect(listener.response.headers["content-type"]).toBe("text/event-stream");
  const body = { agent: "shop", target: "http://10.0.9.5:3000" };
  await ask(api, "/api/routes/a", { method: "PUT", body, token: tokens.writer });
  await vi.waitUntil(() => listener.events().length === 2, { timeout: 5000 });
  expect(listener.events()).toMatchObject([
    { type: "table", version: 0 },
    { type: "routes", version: 1, changes: [{ host: "a.example.com", route: body }] },
  ]);
  expect(listener.text()).toContain("event: routes\n");
  listener.leave();
  await vi.waitUntil(() => api.door.listeners() === 0, { timeout: 5000 });
});

test("the thirty-third listener is refused, and one that leaves makes room", async () => {
  using api = await served();
  const listeners = await Promise.all(Array.from({ length: 32 }, () => listen(api)));
  expect(api.door.listeners()).toBe(32);
  const refused = await ask(api, "/api/events", { token: tokens.reader });
  expect(refused).toMatchObject({ status: 429, body: { code: "too-many" } });
  listeners[0]?.leave();
  await vi.waitUntil(() => api.door.listeners() === 31, { timeout: 5000 });
  const again = await listen(api);
  expect(again.response.statusCode).toBe(200);
  for (const { leave } of [...listeners, again]) leave();
});

test("a listener that does not read is closed, and does not fill the memory", async () => {
  using api = await served();
  const slow = await listen(api);
  slow.response.pause();
  const problem = "x".repeat(100_000);
  await vi.waitUntil(
    () => {
      for (let count = 0; count < 10; count += 1)
        api.table.tell({ type: "store", at: new Date().toISOString(), problem });
      return api.door.listeners() === 0;
    },
    { timeout: 10_000, interval: 10 },
  );
  slow.leave();
});
