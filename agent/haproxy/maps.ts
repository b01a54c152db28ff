import { argument, opening, type RuntimeClient, RuntimeError } from "./runtime.ts";

/** The entries of a map in the worker that serves. Rejects with a RuntimeError. */
export async function readMap(runtime: RuntimeClient, file: string): Promise<ReadonlyMap<string, string>> {
  return mapEntries(await runtime.ask(`show map ${argument(file)}`));
}

/** Adds an entry, or replaces the one that is there: `add map` of a known key would make a second one. */
export function putMapEntry(
  runtime: RuntimeClient,
  file: string,
  { key, value, isNew }: { readonly key: string; readonly value: string; readonly isNew: boolean },
): Promise<void> {
  return runtime.do(`${isNew ? "add" : "set"} map ${argument(file)} ${key} ${argument(value)}`);
}

/** Out of `show map`. Throws a RuntimeError where that is not a map. */
export function mapEntries(answer: string): ReadonlyMap<string, string> {
  const lines = answer.trim() === "" ? [] : answer.trim().split("\n");
  return new Map(
    lines.map((line) => {
      const [, key, value] = /^0x[0-9a-f]+ (\S+) (\S*)$/.exec(line.trim()) ?? [];
      if (key !== undefined && value !== undefined) return [key, value];
      throw new RuntimeError(
        "garbage",
        `haproxy's answer to "show map" is not a map: ${opening(answer.trim())}`,
      );
    }),
  );
}
