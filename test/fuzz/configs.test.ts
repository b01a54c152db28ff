import { describe, test } from "vitest";
import { faultOfConfig, faultOfFile } from "./faults/config.ts";
import { hostileConfigs, hostileFiles } from "./generators/files.ts";
import { likelyConfigs } from "./generators/likelyConfigs.ts";
import { holds } from "./support/holds.ts";
import { seeds } from "./support/seeds.ts";

describe.each(seeds())("with the $kind seed $seed", ({ seed }) => {
  test("a hostile config is refused with its problems and their places, or rendered for the hosts to read", async () => {
    await holds({ inputs: hostileConfigs, fault: faultOfConfig, seed, count: 1200 });
  });

  test("a config with values of the schema's own ranges is refused in the same way, or rendered", async () => {
    await holds({ inputs: likelyConfigs, fault: faultOfConfig, seed, count: 600 });
  });

  test("a hostile file of a stack is refused with lines, columns and problems, or rendered", async () => {
    await holds({ inputs: hostileFiles, fault: faultOfFile, seed, count: 1200 });
  });
});
