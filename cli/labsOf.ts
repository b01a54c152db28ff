import type { Stack } from "@pulumi/pulumi/automation/index.js";
import * as z from "zod";
import { StackConfig } from "../topology/schema.ts";
import { Failure } from "./failure.ts";
import { plainConfig, stackFile } from "./stackConfig.ts";
import { stackResources } from "./stackResources.ts";

/**
 * Names of the labs that a stack has made: those of its state, because its config may have changed since. Where the
 * state knows of none, the one that the config names: a killed `up` may have begun it.
 * @throws Failure where only the config could say it and cannot
 */
export async function labsOf(stack: Pick<Stack, "name" | "exportStack">): Promise<readonly string[]> {
  const made = (await stackResources(stack)).filter(({ type }) => type === "hapair:index:LabMachines");
  if (made.length > 0) return made.map(({ name }) => name);
  const file = stackFile(stack.name);
  const { data, error } = StackConfig.shape.lab.safeParse(plainConfig(file).lab);
  if (error) throw new Failure(`${file}: lab: ${z.prettifyError(error)}`);
  return [data.name];
}
