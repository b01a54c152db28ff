import { get, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { serve } from "../../../../agent/daemon/http.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function statusOf(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path: "/page", agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on("error", reject);
  });
}

test("a connection that cannot be accepted (no file descriptor left) is reported once and ends nothing", async () => {
  const listen = vi.spyOn(Server.prototype, "listen");
  const reported: string[] = [];
  const served = serve(
    [{ address: "127.0.0.1", port: 0 }],
    { "/page": () => ({ type: "text/plain", body: "here" }) },
    (sentence) => reported.push(sentence),
  );
  const server = listen.mock.contexts[0] as Server;
  await vi.waitUntil(() => server.listening);
  const { port } = server.address() as AddressInfo;
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  for (let error = 0; error < 3; error += 1) server.emit("error", new Error("accept EMFILE"));
  vi.advanceTimersByTime(10_000);
  vi.useRealTimers();
  expect(listen).toHaveBeenCalledOnce();
  expect(await statusOf(port)).toBe(200);
  expect(reported).toEqual([expect.stringContaining("accept EMFILE")]);
  served.close();
});
