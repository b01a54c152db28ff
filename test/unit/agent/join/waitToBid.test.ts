import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { waitToBid } from "../../../../agent/address/join/waitToBid.ts";
import type { EgressConfig } from "../../../../contract/egressConfig.ts";
import { nodeConfig, peerPage } from "../address/addressFixtures.ts";
import { ScratchHost } from "../apply/scratchHost.ts";
import { listening } from "../egress/probeFixtures.ts";

const own = "10.0.1.22";
const virtualAddress = "10.0.1.100";
/** More looks than any of these tests needs. */
const most = 20;

let stack: AsyncDisposableStack;
let host: ScratchHost;
let config: EgressConfig;
let held: boolean;
let known: readonly string[];
let told: string[];
/** What the track file says at each pause between two looks. */
let tracked: string[];
let onPause: (pauses: number) => void;

const trackFile = () => readFileSync(config.joinTrackFile ?? "", "utf8");

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  host = stack.adopt(new ScratchHost(), (made) => made.remove());
  [held, known, told, tracked, onPause] = [true, [], [], [], () => {}];
  host.answer = (line) => {
    if (line.includes("route get")) return { status: 0, stdout: `${virtualAddress} dev host0 src ${own}` };
    if (!line.startsWith("ip neighbour show")) return undefined;
    return {
      status: 0,
      stdout: `${virtualAddress} ${held ? "lladdr 02:00:00:00:00:14 REACHABLE" : "FAILED"}`,
    };
  };
  host.pause = async () => {
    tracked.push(trackFile());
    if (tracked.length > most) throw new Error("it waits on");
    onPause(tracked.length);
  };
  const peer = createServer((_, response) => {
    const vip = { ...peerPage.vip, address: virtualAddress, holder: true, peers: known };
    response.end(JSON.stringify({ ...peerPage, vip }));
  });
  const { port } = stack.use(await listening(peer));
  config = nodeConfig(host.root, {
    groups: [],
    peers: [{ name: "haproxy1", address: "127.0.0.1", port }],
    virtualAddress,
    joinTrackFile: join(host.root, "join-waits"),
  });
});
afterEach(() => stack.disposeAsync());

const wait = (read = () => config) =>
  waitToBid(host, read, own, {
    ready: async () => void told.push(`ready with ${trackFile().trim()}`),
    waiting: async (why) => void told.push(why),
  });

test("a node that nobody knows waits until it is known, and says once for whom", async () => {
  onPause = (pauses) => {
    if (pauses === 3) known = [own];
  };
  await wait();
  expect(told).toEqual(["ready with 1", expect.stringMatching(/^haproxy1 does not know it as a peer: /)]);
  expect(tracked).toEqual(["1\n", "1\n", "1\n"]);
  expect(trackFile()).toBe("0\n");
});

test("keepalived is told to wait before the first look, also where the file of an earlier run says otherwise", async () => {
  writeFileSync(config.joinTrackFile ?? "", "0\n");
  known = [own];
  await wait();
  expect(told).toEqual(["ready with 1"]);
  expect(trackFile()).toBe("0\n");
});

test("a holder never waits: not even for a moment does keepalived find it unfit", async () => {
  host.onInterface = [virtualAddress];
  await wait();
  expect(told).toEqual(["ready with 0"]);
  expect(tracked).toEqual([]);
});

test("a node that waits takes part once nobody has the address any more", async () => {
  onPause = (pauses) => {
    held = pauses < 2;
  };
  await wait();
  expect(trackFile()).toBe("0\n");
  expect(tracked).toHaveLength(2);
});

test("it waits while it cannot find out, and reads its config again before each look", async () => {
  let reads = 0;
  known = [own];
  await wait(() => {
    reads += 1;
    if (reads === 2) throw new Error("egress.json is not there");
    return config;
  });
  expect(told).toEqual(["ready with 1", "egress.json is not there: mend that on this host"]);
  expect(tracked).toEqual(["1\n"]);
});

test("a config without a track file is refused", async () => {
  const { joinTrackFile: _, ...without } = config;
  await expect(wait(() => without)).rejects.toThrow("nothing waits on EC2");
});
