import fc from "fast-check";
import { expect, test } from "vitest";
import { holds } from "./support/holds.ts";
import { freshSeedVariable, seeds } from "./support/seeds.ts";

const inputs = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 30 });
const trial = { inputs, seed: 7, count: 200 };

test("a fault is told with its seed and the smallest input that has it, as a line of a test", async () => {
  const faultOfText = (text: string) => (text.includes("bb") ? "has two" : undefined);
  const told = holds({ ...trial, fault: faultOfText });
  await expect(told).rejects.toThrow(/^input \d+ of the seed 7: has two\n/);
  await expect(told).rejects.toThrow('expect(await faultOfText("bb")).toBeUndefined();');
});

test("an exception is a fault, with where it was thrown", async () => {
  const fault = (text: string) => {
    if (text.length > 3) throw new TypeError("a bug");
    return undefined;
  };
  await expect(holds({ ...trial, fault })).rejects.toThrow(/throws TypeError: a bug\n +at .*holds\.test\.ts/);
});

test("an input that takes too long is a fault", async () => {
  const fault = async (text: string) => {
    const endMs = performance.now() + (text.includes("b") ? 10 : 0);
    while (performance.now() < endMs);
    return undefined;
  };
  await expect(holds({ ...trial, fault, withinMs: 5 })).rejects.toThrow(/took \d+ ms, longer than 5/);
});

test("a run has the fixed seed and a fresh one, or that of an earlier run", () => {
  const [fixed, fresh] = seeds();
  expect(fixed?.seed).toBe(20_261_129);
  const given = process.env[freshSeedVariable];
  expect(fresh?.seed).toEqual(given === undefined ? expect.any(Number) : Number(given));
});
