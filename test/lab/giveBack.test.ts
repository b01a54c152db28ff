import { afterAll, beforeAll, describe } from "vitest";
import { install, makeOwn, names, remember, startMachines, stopMachines } from "./giveBack/existingHosts.ts";
import { givenBackTests } from "./giveBack/givenBack.ts";
import { killTests } from "./giveBack/kills.ts";
import { takenOverTests } from "./giveBack/takenOver.ts";

// The tests go on from one another: machines are taken over, changed, and given back.
beforeAll(async () => {
  await startMachines();
  await makeOwn(names.own);
  for (const name of Object.values(names)) {
    await remember(name);
    await install(name);
  }
});

afterAll(stopMachines);

describe("a host with a configuration of its own", takenOverTests);
describe("give-back", givenBackTests);
describe("kill -9", killTests);
