import { type Adapter, networkOf } from "./adapter.ts";

/**
 * The adapters in the output of `VBoxManage list bridgedifs`: one block an adapter, one key a line, blocks apart by an
 * empty line. Pure.
 */
export function virtualboxAdapters(text: string): readonly Adapter[] {
  return text
    .split(/\r?\n\s*\r?\n/)
    .map((block) => new Map(block.split(/\r?\n/).flatMap(entryOf)))
    .flatMap((entries): Adapter[] => {
      const name = entries.get("Name");
      if (name === undefined) return [];
      return [
        {
          name,
          network: networkOf(entries.get("IPAddress") ?? "", entries.get("NetworkMask") ?? ""),
          state: states[entries.get("Status") ?? ""] ?? "unknown",
          wireless: entries.get("Wireless") === "Yes",
        },
      ];
    });
}

const states: Readonly<Record<string, Adapter["state"]>> = { Up: "up", Down: "down" };

function entryOf(line: string): [string, string][] {
  const colon = line.indexOf(":");
  return colon < 0 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]];
}
