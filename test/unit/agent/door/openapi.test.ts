import { expect, test } from "vitest";
import { openApiDocument } from "../../../../agent/routes/door/openapi.ts";
import { endpoints } from "../../../../contract/routes/api.ts";
import { problemCodes } from "../../../../contract/routes/problem.ts";
import { ask, served } from "./doorFixtures.ts";

const document = JSON.parse(JSON.stringify(openApiDocument()));

/** Everything in a value, with its path. */
function* within(value: unknown, path = ""): Generator<readonly [path: string, value: unknown]> {
  yield [path, value];
  if (typeof value === "object" && value !== null)
    for (const [key, inner] of Object.entries(value)) yield* within(inner, `${path}/${key}`);
}

test("the document is served to everyone, with an operation for each endpoint", async () => {
  using api = await served();
  expect((await ask(api, "/api/openapi.json")).body).toEqual(document);
  const operations = Object.values<Record<string, { operationId: string }>>(document.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  expect(operations.toSorted()).toEqual(Object.keys(endpoints).toSorted());
});

test("every reference in it leads to a schema", () => {
  const references = [...within(document)]
    .filter(([path]) => path.endsWith("/$ref"))
    .map(([, to]) => String(to));
  expect(references.length).toBeGreaterThan(20);
  for (const reference of references) {
    const name = reference.replace("#/components/schemas/", "");
    expect(Object.keys(document.components.schemas), reference).toContain(name);
  }
});

test("it has the words of OpenAPI 3.0 alone", () => {
  const later = ["$schema", "$id", "$defs", "const", "prefixItems", "propertyNames"];
  const found = [...within(document)].filter(
    ([path]) => later.includes(path.split("/").at(-1) ?? "") && !path.includes("/properties/"),
  );
  expect(found).toEqual([]);
});

test("it names the limits that requests are checked by", () => {
  const { RouteBody, Transaction } = document.components.schemas;
  expect(RouteBody).toMatchObject({ additionalProperties: false, required: ["agent"] });
  expect(Transaction.properties.changes).toMatchObject({ minItems: 1, maxItems: 1000 });
  expect(document.components.schemas.Problem.properties.code.enum).toEqual(problemCodes);
});
