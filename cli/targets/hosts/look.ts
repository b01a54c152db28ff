import { readFileSync } from "node:fs";
import { join } from "node:path";
import { shellWord } from "../../../base/commands.ts";

/** What a host says of itself beside its facts. */
export interface HostLook {
  /** Its clock, ms since 1970. */
  readonly timeMs: number;
  /** Memory that new processes can have. */
  readonly memoryMb: number;
  readonly disks: readonly { readonly folder: string; readonly device: string; readonly freeMb: number }[];
  /** By `HOST:PORT`: why a TCP connection does not come about; undefined where it does. */
  readonly places: Readonly<Record<string, string | undefined>>;
}

const script = readFileSync(join(import.meta.dirname, "look.sh"), "utf8");

/**
 * A command for a host's shell, and its input: prints what {@link parseLook} reads.
 * @param places `HOST:PORT` of what the host will connect to
 */
export function lookCommand(places: readonly string[]): { readonly command: string; readonly stdin: string } {
  const words = ["timeout", "20", "sh", "-u", "-s", "--", ...places];
  return { command: words.map(shellWord).join(" "), stdin: script };
}

/** @throws Error where the text is no answer of the script, with its beginning */
export function parseLook(text: string): HostLook {
  const lines = text.split("\n").map((line) => {
    const space = line.indexOf(" ");
    return { key: line.slice(0, space), value: line.slice(space + 1) };
  });
  const all = (name: string) => lines.flatMap(({ key, value }) => (key === name ? [value] : []));
  const words = (name: string) => all(name).map((value) => value.split(/\s+/));
  const [time, memory] = [all("time")[0], all("memory")[0]];
  if (time === undefined || memory === undefined)
    throw new Error(`in place of its state it prints ${JSON.stringify(text.trim().slice(0, 160))}`);
  return {
    timeMs: Number(time) * 1000,
    memoryMb: Number(memory) / 1024,
    disks: words("disk").map(([folder = "", device = "", free]) => ({
      folder,
      device,
      freeMb: Number(free) / 1024,
    })),
    places: Object.fromEntries([
      ...words("reached").map(([place = ""]) => [place, undefined] as const),
      ...words("unreached").map(([place = "", ...reason]) => [place, reason.join(" ")] as const),
    ]),
  };
}
