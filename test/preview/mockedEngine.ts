import * as pulumi from "@pulumi/pulumi";
import type { MockResourceArgs } from "@pulumi/pulumi/runtime/index.js";

/** Everything that a program declares, in this order. */
export interface Made extends ReadonlyArray<MockResourceArgs> {
  /** @throws where there is no such resource */
  named(name: string): MockResourceArgs;
  /** Place among the others. @throws as `named` */
  position(name: string): number;
}

/**
 * Sets an engine that makes nothing: a command's standard output is what `stdout` says, and `state` adds to the rest of a
 * resource's state. Components read the runtime's settings when they load: import them after this.
 */
export async function mockedEngine(
  stack: string,
  stdout: (args: MockResourceArgs) => string,
  state: (args: MockResourceArgs) => object = () => ({}),
): Promise<Made> {
  const made: MockResourceArgs[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: (args) => {
        made.push(args);
        const all = { ...args.inputs, stdout: stdout(args), ...state(args) };
        return { id: `${args.name}-id`, state: all };
      },
      call: ({ inputs }) => inputs,
    },
    "hapair",
    stack,
    false,
  );
  const named = (name: string): MockResourceArgs => {
    const found = made.find((resource) => resource.name === name);
    if (found) return found;
    throw new Error(`no resource named ${name}: ${made.map(({ name }) => name).join(", ")}`);
  };
  return Object.assign(made, { named, position: (name: string) => made.indexOf(named(name)) });
}
