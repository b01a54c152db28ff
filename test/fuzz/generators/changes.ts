import fc from "fast-check";
import { awkwardValue, keys } from "./values.ts";

/** Changes of a good document anywhere in it. */

type Path = readonly (string | number)[];

/** The path of each value in a document, sections and lists included. */
function pathsOf(value: unknown, at: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null) return [at];
  const parts: (readonly [string | number, unknown])[] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return [at, ...parts.flatMap(([key, part]) => pathsOf(part, [...at, key]))];
}

/** A copy with `value` at `path`; `undefined` removes what is there. Sections that are missing on the way are made. */
export function withValue(document: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(document)) {
    const made: unknown[] = [...document];
    const inner = withValue(made[Number(key)], rest, value);
    if (inner === undefined) made.splice(Number(key), 1);
    else made[Number(key)] = inner;
    return made;
  }
  const made: Record<string, unknown> = isSection(document) ? { ...document } : {};
  const inner = withValue(Object.hasOwn(made, key) ? made[key] : undefined, rest, value);
  if (inner === undefined) delete made[key];
  else
    Object.defineProperty(made, key, { value: inner, enumerable: true, configurable: true, writable: true });
  return made;
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

type Change = (document: unknown) => unknown;

function changeOf(paths: readonly Path[]): fc.Arbitrary<Change> {
  const anywhere = fc.constantFrom(...paths);
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc.tuple(anywhere, awkwardValue).map(
        ([path, value]) =>
          (document: unknown) =>
            withValue(document, path, value),
      ),
    },
    {
      weight: 1,
      arbitrary: anywhere.map((path) => (document: unknown) => withValue(document, path, undefined)),
    },
    // A key that nobody knows, in whichever section.
    {
      weight: 2,
      arbitrary: fc.tuple(anywhere, keys, awkwardValue).map(
        ([path, key, value]) =>
          (document: unknown) =>
            withValue(document, [...path, key], value),
      ),
    },
    // What stands elsewhere in the document: a name in the place of an address, a section in the place of a list.
    {
      weight: 2,
      arbitrary: fc.tuple(anywhere, anywhere).map(
        ([from, to]) =>
          (document: unknown) =>
            withValue(document, to, valueAt(document, from)),
      ),
    },
  );
}

function valueAt(document: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) => (isSection(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    document,
  );
}

/** A good document with one to three changes. */
export function changed<Document>(good: Document): fc.Arbitrary<unknown> {
  return fc
    .array(changeOf(pathsOf(good)), { minLength: 1, maxLength: 3 })
    .map((changes) => changes.reduce<unknown>((document, change) => change(document), good));
}
