import { afterEach, beforeEach, expect, test } from "vitest";
import { postgresql } from "../../../../agent/services/postgresql.ts";
import { ScratchHost } from "../apply/scratchHost.ts";

let host: ScratchHost;
beforeEach(() => {
  host = new ScratchHost();
});
afterEach(() => host.remove());

const path = "etc/postgresql/17/main/conf.d/hapair.conf";
const file = { path, mode: "0640", owner: "postgres", group: "postgres", text: "" };

/** The complaint about a bundle on a machine, where `postgres -C` has read these values from it. */
function complaint(buffersMb: number, connections: number, memoryMb: number): Promise<string | undefined> {
  host.memory({ availableKb: 1024, totalKb: memoryMb * 1024 });
  const values = { shared_buffers: buffersMb * 128, max_connections: connections };
  host.answer = (line) => {
    const value = Object.entries(values).find(([key]) => line.includes(`/bin/postgres -C ${key} `))?.[1];
    return value === undefined ? undefined : { status: 0, stdout: `${value}\n` };
  };
  return Promise.resolve(postgresql.complaint?.({ host, folder: "/staged", files: [file] }));
}

test("shared buffers beyond the machine's memory are refused, with the key, both figures and what it can hold", async () => {
  expect(await complaint(4096, 200, 4000)).toBe(
    "pool.postgres.sharedBuffersMb is 4096 for 200 connections, and this machine has 4000 MB of memory: lower it to 3038 or less",
  );
  expect(await complaint(3039, 200, 4000)).toContain("lower it to 3038 or less");
  expect(await complaint(3038, 200, 4000)).toBeUndefined();
});

test("connections beyond the machine's memory are refused", async () => {
  expect(await complaint(128, 10_000, 512)).toBe(
    "pool.postgres.sharedBuffersMb is 128 for 10000 connections, and this machine has 512 MB of memory: lower pool.postgres.maxConnections",
  );
});

test("the defaults fit into a machine with 256 MB", async () => {
  expect(await complaint(128, 200, 256)).toBeUndefined();
});

test("a file that PostgreSQL cannot parse is refused with its own words", async () => {
  host.answer = () => ({ stderr: `LOG: syntax error in file "/staged/${path}" line 1` });
  expect(await postgresql.complaint?.({ host, folder: "/staged", files: [file] })).toBe(
    `LOG: syntax error in file "/${path}" line 1`,
  );
});
