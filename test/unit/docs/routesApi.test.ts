import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openApiDocument } from "../../../agent/routes/door/openapi.ts";
import { root } from "../../../cli/session/home.ts";
import { type Endpoint, endpoints } from "../../../contract/routes/api.ts";
import { Transaction } from "../../../contract/routes/change.ts";
import { problemCatalogue } from "../../../contract/routes/problem.ts";
import { RouteOptions } from "../../../contract/routes/route.ts";
import { codeIn, pages, withPart } from "./pages.ts";

const path = join(root, "docs/routes-api.md");
const page = readFileSync(path, "utf8");

interface Field {
  readonly type?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
}

const { paths, components } = JSON.parse(JSON.stringify(openApiDocument()));

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

function endpointTable(): string {
  const rows = Object.values<Endpoint>(endpoints).map((endpoint) => {
    const { method, path, role, about, query, headers, needsAdminKey, problems } = endpoint;
    const codes = [...problems].map((code) => `\`${code}\``).join(" ");
    const given = [
      ...Object.entries(query ?? {}).map(
        ([name, { about, isRequired }]) => `\`?${name}=\` ${about}${isRequired ? " (required)" : ""}`,
      ),
      ...Object.keys(headers ?? {}).map((name) => `\`${name}\``),
      ...(needsAdminKey ? ["`x-admin-key`"] : []),
    ].join("; ");
    const needs = role === null ? "" : needsAdminKey ? `${role}, and the admin key` : role;
    return [`\`${method} ${path}\``, needs, given === "" ? about : `${about}. ${given}`, codes];
  });
  return table(["request", "role", "what it does", "its own errors"], rows);
}

function optionTable(): string {
  const fields = Object.entries<Field>(components.schemas.Route.properties.options.properties);
  const rows = fields.map(([name, { type = "", minimum, maximum, description = "", ...field }]) => {
    const range = maximum === undefined ? "" : `, ${minimum} to ${maximum}`;
    return [`\`${name}\``, `${type}${range}`, "default" in field ? `\`${field.default}\`` : "", description];
  });
  return table(["option", "type", "default", "what it means"], rows);
}

function problemTable(): string {
  const rows = Object.entries(problemCatalogue).map(([code, { status, title }]) => [
    `\`${code}\``,
    String(status),
    title,
  ]);
  return table(["code", "status", "what it means"], rows);
}

test("the reference in the page is the API's own (vitest -u writes it)", async () => {
  const parts = { endpoints: endpointTable(), options: optionTable(), problems: problemTable() };
  const current = Object.entries(parts).reduce((text, [name, part]) => withPart(text, name, part), page);
  await expect(current).toMatchFileSnapshot(path);
});

test("every path that a page asks for is one of the API", () => {
  const patterns = Object.keys(paths).map((one) => new RegExp(`^${one.replaceAll(/\\{\\w+\\}/g, "[^/]+")}$`));
  const asked = pages.flatMap((one) =>
    codeIn(one).flatMap((code) =>
      [...code.matchAll(/(?<=^|[^\w])\/api\/[a-z0-9/.-]*[a-z0-9]/g)].map(([found]) => found),
    ),
  );
  expect(asked.length).toBeGreaterThan(5);
  expect(asked.filter((one) => !patterns.some((pattern) => pattern.test(one)))).toEqual([]);
});

test("the examples of bodies in the page are ones that the API takes", () => {
  const blocks = [...page.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => JSON.parse(text));
  expect(blocks.length).toBeGreaterThan(0);
  for (const block of blocks)
    expect(Transaction.safeParse(block), JSON.stringify(block)).toMatchObject({ success: true });
});

test("the options that the page's programs set are ones of a route", () => {
  const used = [...page.matchAll(/addHttpRoute\([^{]*\{([^}]*)\}/g)].flatMap(([, inside = ""]) =>
    [...inside.matchAll(/(\w+):/g)].map(([, name = ""]) => name),
  );
  expect(used.length).toBeGreaterThan(0);
  expect(used.filter((name) => !Object.hasOwn(RouteOptions.shape, name))).toEqual([]);
});
