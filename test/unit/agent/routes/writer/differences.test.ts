import { expect, it } from "vitest";
import { preview } from "../../../../../agent/routes/writer/differences.ts";
import { put, remove, stored } from "./routes.ts";

const table = {
  version: 7,
  routes: new Map([
    ["a.example.com", stored("a.example.com", 3)],
    ["b.example.com", stored("b.example.com", 7, "blog")],
  ]),
};

it("a dry run shows what each change would replace, and with what", () => {
  const changes = [put("a.example.com", "http://10.0.9.6"), put("new.example.com")];
  expect(preview(changes, 7, table)).toEqual([
    { host: "a.example.com", before: stored("a.example.com", 3), after: changes[0]?.route },
    { host: "new.example.com", after: changes[1]?.route },
  ]);
  expect(preview([remove("a.example.com")], undefined, table)).toEqual([
    { host: "a.example.com", before: stored("a.example.com", 3) },
  ]);
});

it.each([
  ["taken", [put("new.example.com"), put("b.example.com")], undefined],
  ["taken", [remove("b.example.com")], undefined],
  ["not-found", [remove("none.example.com")], undefined],
  ["changed", [put("new.example.com")], 6],
] as const)("a dry run is refused as the store would: %s", (code, changes, ifVersion) => {
  expect(() => preview(changes, ifVersion, table)).toThrow(
    expect.objectContaining({ name: "StoreRefusal", code }),
  );
});
