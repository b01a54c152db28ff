import type { CheckFailure } from "@pulumi/pulumi/provider/index.js";

/** A resource's properties in the engine's wire form: secrets and assets are tagged maps. */
export type Properties = Record<string, unknown>;

/** What the provider can do with one type of resource; outputs are the inputs as they came, and more. */
export interface ResourceKind {
  check(news: Properties): CheckFailure[];
  create(urn: string, inputs: Properties): Promise<{ id: string; outs: Properties }>;
  update(urn: string, olds: Properties, news: Properties): Promise<{ outs: Properties }>;
  delete(urn: string, state: Properties): Promise<void>;
}
