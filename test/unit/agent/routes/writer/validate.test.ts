import { expect, it } from "vitest";
import { validated } from "../../../../../agent/routes/writer/validate.ts";
import { put, remove } from "./routes.ts";

const problem = (changes: Parameters<typeof validated>[0], domains: string[] = []) => {
  try {
    validated(changes, domains);
    return undefined;
  } catch (error) {
    return error;
  }
};

it("a host without a dot is a label of the first domain, in both kinds of change", () => {
  const changes = [put("shop"), remove("blog"), put("www.example.org")];
  const domains = ["example.com", "example.net"];
  expect(validated(changes, domains)).toEqual([
    put("shop.example.com"),
    remove("blog.example.com"),
    put("www.example.org"),
  ]);
});

it("a host that is too long with its domain is refused, with its field", () => {
  const domain = Array.from({ length: 4 }, () => "d".repeat(62)).join(".");
  expect(problem([put("a.example.com"), put("shop")], [domain])).toMatchObject({
    code: "bad-request",
    field: "changes.1.route.host",
    message: expect.stringContaining("at most 253 characters"),
  });
});

it("a host that is in a transaction twice is refused, by whichever name", () => {
  expect(
    problem([put("shop"), put("a.example.com"), remove("shop.example.com")], ["example.com"]),
  ).toMatchObject({
    code: "bad-request",
    field: "changes.2.host",
    message: expect.stringContaining("shop.example.com is in changes.0.route.host already"),
  });
});
