import fc from "fast-check";

/** Values that a JSON schema allows, the ends of each range more often than the middle. */

/** The parts of JSON Schema that zod writes for a stack's config. */
export interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly multipleOf?: number;
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
}

/** @param textOf what a text without a pattern may be, by its key */
export function anyOf(
  schema: Schema,
  key: string,
  textOf: (key: string) => fc.Arbitrary<string>,
): fc.Arbitrary<unknown> {
  const inner = (part: Schema, name = key) => anyOf(part, name, textOf);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if ("const" in schema) return fc.constant(schema.const);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => inner(one)));
  switch (schema.type) {
    case "boolean":
      return fc.boolean();
    case "integer":
    case "number":
      return numberOf(schema);
    case "string":
      return schema.pattern === undefined ? textOf(key) : matching(schema);
    case "array": {
      const { items = {}, minItems = 0, maxItems = 5 } = schema;
      return fc.array(inner(items), {
        minLength: minItems,
        maxLength: Math.max(minItems, Math.min(maxItems, 5)),
      });
    }
    case "object":
      return objectOf(schema, inner, textOf);
    default:
      return fc.constant(schema.default ?? null);
  }
}

function numberOf({
  minimum = 0,
  maximum = 1e6,
  multipleOf = 1,
  default: usual,
}: Schema): fc.Arbitrary<number> {
  const [least, most] = [Math.ceil(minimum / multipleOf), Math.floor(maximum / multipleOf)];
  const ends = [least, least + 1, most - 1, most].map((count) => count * multipleOf);
  return fc.oneof(
    fc.constantFrom(...ends, ...(typeof usual === "number" ? [usual] : [])),
    // Most ranges begin with what people choose.
    fc.integer({ min: least, max: Math.min(most, least + 50) }).map((count) => count * multipleOf),
    fc.integer({ min: least, max: most }).map((count) => count * multipleOf),
  );
}

/** By pattern: making one takes milliseconds. */
const matchers = new Map<string, fc.Arbitrary<string>>();

function matching({ pattern = "", maxLength = 200 }: Schema): fc.Arbitrary<string> {
  const made = matchers.get(pattern) ?? fc.stringMatching(new RegExp(pattern));
  matchers.set(pattern, made);
  return made.filter(({ length }) => length <= maxLength);
}

function objectOf(
  { properties = {}, required = [], additionalProperties }: Schema,
  inner: (part: Schema, name: string) => fc.Arbitrary<unknown>,
  textOf: (key: string) => fc.Arbitrary<string>,
): fc.Arbitrary<unknown> {
  if (typeof additionalProperties === "object")
    return fc.dictionary(textOf("name"), inner(additionalProperties, "entry"), { maxKeys: 3 });
  const parts = Object.fromEntries(
    Object.entries(properties).map(([name, part]) => [name, inner(part, name)] as const),
  );
  return fc.record(parts, { requiredKeys: [...required] });
}
