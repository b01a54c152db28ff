import { join } from "node:path";
import nunjucks from "nunjucks";
import type * as z from "zod";
import type { BundleFile } from "../contract/bundle.ts";

const templates = join(import.meta.dirname, "..", "templates");

/** No autoescape: these files are not HTML. A name that the view lacks is an error, not an empty string. */
const environment = new nunjucks.Environment(new nunjucks.FileSystemLoader(templates), {
  autoescape: false,
  throwOnUndefined: true,
  trimBlocks: true,
  lstripBlocks: true,
});

/** A template with the schema of its view. The schema catches names that nunjucks accepts as missing in `for` and `if`. */
export function template<View extends z.ZodType>(
  path: string,
  view: View,
): (values: z.input<View>) => string {
  return (values) => environment.render(path, { ...Object(view.parse(values)) });
}

/** A file of a host. By default it belongs to root and everyone may read it. */
export function file(
  path: string,
  text: string,
  { mode = "0644", owner = "root", group = "root" }: Partial<Omit<BundleFile, "path" | "text">> = {},
): BundleFile {
  return { path, mode, owner, group, text };
}
