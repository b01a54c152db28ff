import type { OutputMap, Stack } from "@pulumi/pulumi/automation/index.js";
import * as z from "zod";
import { Failure } from "./failure.ts";

const Connection = z.object({
  host: z.string(),
  port: z.int(),
  user: z.string(),
  hostKey: z.string(),
  privateKey: z.string(),
});
export type Connection = z.infer<typeof Connection>;

const PairOutputs = z.object({
  vip: z.string(),
  endpoints: z.record(z.string(), z.string()),
  databaseUrl: z.optional(z.string()),
  statsPassword: z.string(),
  bundles: z.record(z.string(), z.string()),
  reach: z.optional(z.object({ stats: z.string(), databaseUrl: z.optional(z.string()) })),
});
export type PairOutputs = z.infer<typeof PairOutputs>;

const StackOutputs = z.object({
  pairs: z.record(z.string(), PairOutputs),
  ssh: z.record(z.string(), Connection),
});
export type StackOutputs = z.infer<typeof StackOutputs>;

/** @throws Failure for a stack that is not up. */
export async function outputsOf(stack: Stack): Promise<StackOutputs> {
  return parseOutputs(stack.name, await stack.outputs());
}

export function parseOutputs(name: string, outputs: OutputMap): StackOutputs {
  const values = Object.fromEntries(Object.entries(outputs).map(([key, { value }]) => [key, value]));
  const result = StackOutputs.safeParse(values);
  if (!result.success) throw new Failure(`the stack ${name} is not up: npm start`);
  return result.data;
}
