import { expect, test, vi } from "vitest";
import { measureTls } from "../../../bench/pgbench/measureTls.ts";
import type { BenchProject } from "../../../bench/project.ts";

test("a measurement that fails says why, also where the stack does not go back to what it was", async () => {
  const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const reasons = ["the first reason", "the stack is gone"];
  const changes: unknown[] = [];
  const project = {
    configure: (change: unknown) => void changes.push(change),
    command: async () => {
      throw new Error(reasons.shift());
    },
  } as unknown as BenchProject;
  await expect(measureTls(project)).rejects.toThrow("the first reason");
  expect(changes).toEqual([{ tls: { mode: "offered" } }, {}]);
  expect(errors).toHaveBeenCalledWith("the stack is gone");
  errors.mockRestore();
});
