import { afterAll, beforeAll, describe } from "vitest";
import { changeTests } from "./stack/changes.ts";
import { type EngineStack, engineStack } from "./stack/engineStack.ts";
import { failureTests } from "./stack/failures.ts";
import { upTests } from "./stack/up.ts";

/** The life of a stack under the real engine, from nothing to nothing; each test continues from the one before. */
let made: EngineStack | undefined;

beforeAll(async () => {
  made = await engineStack();
});

afterAll(() => made?.remove());

function engine(): EngineStack {
  if (made === undefined) throw new Error("the stack is not prepared");
  return made;
}

describe("a stack", () => {
  upTests(engine);
  changeTests(engine);
  failureTests(engine);
});
