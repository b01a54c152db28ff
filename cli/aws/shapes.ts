import * as z from "zod";

/** A list in AWS's XML: an element without text where it is empty. */
export function listOf<Item extends z.ZodType>(item: Item) {
  const filled = (key: "item" | "member") =>
    z.object({ [key]: z.array(item) }).transform((list) => list[key] ?? []);
  return z.union([z.literal("").transform((): z.output<Item>[] => []), filled("item"), filled("member")]);
}

/** `Filter.1.Name` and so on, as EC2 takes filters. */
export function filters(named: Readonly<Record<string, readonly string[]>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, values], at) => [
      [`Filter.${at + 1}.Name`, name],
      ...values.map((value, index) => [`Filter.${at + 1}.Value.${index + 1}`, value]),
    ]),
  );
}
