import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { changeTests } from "./routes/changes.ts";
import { historyTests } from "./routes/histories.ts";
import { lossTests } from "./routes/losses.ts";
import { messageTests } from "./routes/messages.ts";
import { schemaTests } from "./routes/schema.ts";
import { StoreBed } from "./routes/storeBed.ts";

let made: StoreBed | undefined;

function bed(): StoreBed {
  if (made === undefined) throw new Error("PostgreSQL is not up");
  return made;
}

describe("PostgreSQL as the authority on routes", () => {
  beforeAll(async () => {
    made = await StoreBed.make();
  });
  // Of no test a node is told a change twice, not in order, or torn from its transaction.
  afterEach(async () => expect(await bed().clear()).toEqual([]));
  afterAll(() => made?.remove());

  changeTests(bed);
  lossTests(bed);
  historyTests(bed);
  schemaTests(bed);
  messageTests(bed);
});
