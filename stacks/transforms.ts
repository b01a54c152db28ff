import type { Transforms } from "../components/machines/machines.ts";

/**
 * What the config cannot say: changes of the arguments or options of a kind of resource before it is made, such as
 * `ec2: { instance: ({ name, args, opts }) => ({ name, args: { ...args, monitoring: true }, opts }) }`.
 */
export const transforms: Transforms = {};
