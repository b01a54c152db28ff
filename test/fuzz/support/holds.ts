import fc from "fast-check";

/** What is wrong with how the product takes an input; undefined where all is as it should be. */
type Fault<Input> = (input: Input) => string | undefined | Promise<string | undefined>;

interface Trial<Input> {
  readonly inputs: fc.Arbitrary<Input>;
  readonly fault: Fault<Input>;
  readonly seed: number;
  readonly count: number;
  /** Longest time for one input, ms, on a machine whose cores others use too. */
  readonly withinMs?: number;
}

/** Looking for a smaller input that fails as well ends after this time, ms. */
const shrinkMs = 20_000;

/** Tries so many inputs. @throws with the smallest input that was found to have a fault, as lines of a test */
export async function holds<Input>({
  inputs,
  fault,
  seed,
  count,
  withinMs = 5000,
}: Trial<Input>): Promise<void> {
  let failedAtMs: number | undefined;
  const property = fc.asyncProperty(inputs, async (input) => {
    if (failedAtMs !== undefined && performance.now() - failedAtMs > shrinkMs) return;
    const begunAtMs = performance.now();
    const found = await faultOf(fault, input);
    const tookMs = performance.now() - begunAtMs;
    const late = tookMs > withinMs ? `took ${Math.round(tookMs)} ms, longer than ${withinMs}` : undefined;
    const problem = found ?? late;
    if (problem === undefined) return;
    failedAtMs ??= performance.now();
    throw new Error(problem);
  });
  const details = await fc.check(property, { seed, numRuns: count });
  if (!details.failed) return;
  const [input] = details.counterexample ?? [];
  throw new Error(
    report(fault.name, input, messageOf(details.errorInstance), { seed, number: details.numRuns }),
  );
}

async function faultOf<Input>(fault: Fault<Input>, input: Input): Promise<string | undefined> {
  try {
    return await fault(input);
  } catch (error) {
    return `throws ${error instanceof Error ? error.stack : String(error)}`;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A text that is longer stands in a file of its own, where it can be pasted from. */
function report(
  name: string,
  input: unknown,
  problem: string,
  { seed, number }: { readonly seed: number; readonly number: number },
): string {
  return [
    `input ${number} of the seed ${seed}: ${problem}`,
    "Shrunk, as a test:",
    `  expect(await ${name}(${fc.stringify(input)})).toBeUndefined();`,
  ].join("\n");
}
