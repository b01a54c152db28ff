import type { Stack } from "@pulumi/pulumi/automation/index.js";

interface StackResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
}

/** All that a stack's state knows. */
export async function stackResources(stack: Pick<Stack, "exportStack">): Promise<readonly StackResource[]> {
  const { deployment } = await stack.exportStack();
  const resources: readonly Omit<StackResource, "name">[] = deployment?.resources ?? [];
  return resources.map(({ urn, type }) => ({ urn, type, name: urn.split("::").at(-1) ?? urn }));
}
