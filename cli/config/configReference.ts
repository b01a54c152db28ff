import * as z from "zod";
import { StackConfig } from "../../topology/schema/stack.ts";

interface Row {
  readonly key: string;
  readonly type: string;
  readonly defaultValue: string;
  readonly description: string;
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The configuration reference as a Markdown table, made from the schema so that the two always agree. */
export function configReference(): string {
  const schema = z.toJSONSchema(StackConfig, { io: "input" });
  const rows = rowsOf(schema, "", true);
  const lines = rows.map(
    ({ key, type, defaultValue, description }) =>
      `| \`${key}\` | ${type} | ${defaultValue} | ${description} |`,
  );
  return ["| key | type | default | meaning |", "|---|---|---|---|", ...lines].join("\n");
}

function rowsOf(schema: JsonSchema, key: string, required: boolean): Row[] {
  if (schema.properties) {
    return Object.entries(schema.properties).flatMap(([name, child]) =>
      typeof child === "object"
        ? rowsOf(child, key ? `${key}.${name}` : name, schema.required?.includes(name) ?? false)
        : [],
    );
  }
  const own = {
    key,
    type: typeOf(schema),
    defaultValue:
      schema.default !== undefined ? `\`${JSON.stringify(schema.default)}\`` : required ? "required" : "",
    description: (schema.description ?? "").replaceAll("|", "\\|"),
  };
  const entry = schema.additionalProperties;
  if (typeof entry === "object" && entry.properties) return [own, ...rowsOf(entry, `${key}.NAME`, true)];
  const items = schema.items;
  if (typeof items !== "object" || Array.isArray(items) || !items.properties) return [own];
  // A list of sections gets a row of its own only where it has a description.
  return [...(schema.description ? [own] : []), ...rowsOf(items, `${key}[]`, true)];
}

function typeOf({ enum: choices, type, items, minimum, maximum, anyOf }: JsonSchema): string {
  if (choices) return choices.map((choice) => `\`${String(choice)}\``).join(" or ");
  if (anyOf) return anyOf.map((choice) => typeOf(choice)).join(" or ");
  if (type === "array" && typeof items === "object" && !Array.isArray(items))
    return items.properties ? "list" : `list of ${typeOf(items)}`;
  if (type !== "integer") return String(type);
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  if (minimum !== undefined && minimum >= 0) return high ? `${minimum}–${maximum}` : `integer ≥ ${minimum}`;
  return "integer";
}
