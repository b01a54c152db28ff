import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { stateOf } from "../../../../agent/egress/act/haproxyView.ts";
import { factsOf } from "../../../../agent/haproxy/info.ts";
import { argument, ask, type RuntimeCall, runtimeClient } from "../../../../agent/haproxy/runtime.ts";
import { statRows } from "../../../../agent/haproxy/servers.ts";
import { answering, scratchFolder, unixServer } from "./runtimeFixtures.ts";

let folder: ReturnType<typeof scratchFolder>;
let socket: string;
beforeEach(() => {
  folder = scratchFolder();
  socket = join(folder.path, "haproxy.sock");
});
afterEach(() => folder[Symbol.dispose]());

describe("a Runtime socket that", () => {
  test("does not exist is gone", async () => {
    await expect(ask(socket, "show info", { timeoutMs: 500 })).rejects.toMatchObject({ kind: "gone" });
  });

  test("never answers times out at the deadline", async () => {
    await using _ = await unixServer(socket, () => {});
    const startedAt = performance.now();
    await expect(ask(socket, "show info", { timeoutMs: 200 })).rejects.toMatchObject({ kind: "timeout" });
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });

  test("answers byte by byte times out at the deadline", async () => {
    await using _ = await unixServer(socket, (client) => {
      const drip = setInterval(() => client.write("x"), 20);
      client.on("close", () => clearInterval(drip));
    });
    const startedAt = performance.now();
    await expect(ask(socket, "show info", { timeoutMs: 200 })).rejects.toMatchObject({ kind: "timeout" });
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });

  test("answers without end is cut off at the limit", async () => {
    let sent = 0;
    await using _ = await unixServer(socket, (client) => {
      const pour = (): void => {
        while (!client.destroyed && client.write("x".repeat(10_000))) sent += 10_000;
      };
      client.on("drain", pour);
      pour();
    });
    const asked = ask(socket, "show info", { timeoutMs: 5000, maxBytes: 100_000 });
    await expect(asked).rejects.toMatchObject({ kind: "too-long" });
    expect(sent).toBeLessThan(5_000_000);
  });

  test("closes without an answer is gone", async () => {
    await using _ = await unixServer(socket, (client) => client.end());
    await expect(ask(socket, "show info", { timeoutMs: 500 })).rejects.toMatchObject({ kind: "gone" });
  });

  test("resets the connection is gone", async () => {
    await using _ = await unixServer(socket, (client) => client.destroy());
    await expect(ask(socket, "show info", { timeoutMs: 500 })).rejects.toMatchObject({ kind: "gone" });
  });
});

test.each(["show info; shutdown sessions", "show info\nshow env", "set map x y\\;z", "a\u0000b", "a\u007fb"])(
  "%j is not a single command and never reaches the socket",
  async (command) => {
    const heard: string[] = [];
    await using _ = await unixServer(
      socket,
      answering((text) => String(heard.push(text))),
    );
    await expect(ask(socket, command, { timeoutMs: 500 })).rejects.toMatchObject({ kind: "refused" });
    expect(heard).toEqual([]);
  },
);

test("lines that belong to a command follow it, and end with an empty one", async () => {
  const heard: string[] = [];
  await using _ = await unixServer(socket, (client) => {
    client.on("data", (text) => heard.push(String(text))).on("end", () => client.end("done\n"));
  });
  const payload = "-----BEGIN A-----\nab+/=\n-----END A-----\n";
  expect(await ask(socket, "set ssl cert a", { timeoutMs: 500, payload })).toBe("done\n");
  expect(heard.join("")).toBe(`set ssl cert a <<\n${payload}\n`);
});

test.each(["a\n\nshow info\n", "a", "\n", "a;b\n", "a\u0000\n", "ä\n"])(
  "%j does not belong to a command and never reaches the socket",
  async (payload) => {
    const heard: string[] = [];
    await using _ = await unixServer(
      socket,
      answering((text) => String(heard.push(text))),
    );
    const asked = ask(socket, "set ssl cert a", { timeoutMs: 500, payload });
    await expect(asked).rejects.toMatchObject({ kind: "refused" });
    expect(heard).toEqual([]);
  },
);

test.each(["", "a b", "a;b", "a\nb", "a\\b", "wg1'", "<<", "ä"])(
  "%j is refused as an argument of a command",
  (word) => {
    expect(() => argument(word)).toThrow(expect.objectContaining({ kind: "refused" }));
  },
);

describe("the client", () => {
  test("sends one command at a time, in order, also after a failed one", async () => {
    let open = 0;
    const heard: string[] = [];
    await using _ = await unixServer(socket, (client) => {
      open += 1;
      expect(open).toBe(1);
      client.once("data", (text) => {
        heard.push(String(text).trim());
        setTimeout(() => {
          open -= 1;
          if (heard.length === 1) client.destroy();
          else client.end(`${heard.length}\n`);
        }, 20);
      });
    });
    const client = runtimeClient(socket, { timeoutMs: 1000 });
    const asked = await Promise.allSettled(["one", "two", "three"].map((command) => client.ask(command)));
    expect(heard).toEqual(["one", "two", "three"]);
    expect(asked.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
  });

  test("takes any text for a refusal where a good answer is empty, and reports each call", async () => {
    await using _ = await unixServer(
      socket,
      answering((text) => (text.includes("bad") ? "entry not found.\n" : "")),
    );
    const calls: RuntimeCall[] = [];
    const client = runtimeClient(socket, { timeoutMs: 1000, onCall: (call) => calls.push(call) });
    await client.do("set map good x");
    await expect(client.do("set map bad x")).rejects.toMatchObject({
      kind: "refused",
      message: 'haproxy refuses "set map bad x": entry not found.',
    });
    expect(calls.map(({ command, error }) => [command, error])).toEqual([
      ["set map", null],
      ["set map", null],
    ]);
  });
});

describe("a malformed answer", () => {
  test.each(["", "\n", "Permission denied\n", "<html>", "Pid: many\n"])("%j is garbage", (answer) => {
    expect(() => factsOf(answer)).toThrow(expect.objectContaining({ kind: "garbage" }));
    expect(() => statRows(answer)).toThrow(expect.objectContaining({ kind: "garbage" }));
  });

  test("an incomplete line is left out of the table", () => {
    const csv = "# pxname,svname,scur,status,check_status,\negress-main,wg1,0,UP,L7OK,\negress-ma";
    expect(statRows(csv)).toHaveLength(1);
  });
});

test.each([
  ["UP", "up"],
  ["UP 1/3", "up"],
  ["no check", "up"],
  ["DOWN", "down"],
  ["DOWN 1/2", "down"],
  ["DOWN (agent)", "down"],
  ["MAINT", "maint"],
  ["MAINT (via x/y)", "maint"],
  ["DRAIN", "maint"],
  ["strange", "down"],
])("haproxy's %s is %s", (status, state) => {
  expect(stateOf(status)).toBe(state);
});
