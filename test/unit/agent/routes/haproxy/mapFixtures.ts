import { join } from "node:path";
import { answering, scratchFolder, unixServer } from "../../haproxy/runtimeFixtures.ts";

type Entries = [key: string, value: string][];

/** The part of HAProxy 3.0 that keeps a map: what it answers was recorded from a real one. */
export class MapHaproxy {
  readonly file = "/run/routes.map";
  /** Every command of every worker. */
  readonly commands: string[] = [];
  /** Called before each command. */
  onCommand: (command: string) => void = () => {};
  /** Whether it refuses a command. */
  refuses: (command: string) => boolean = () => false;
  #pid = 100;
  #map: Entries = [[":gen", "file"]];
  #versions = new Map<number, Entries>();
  #newest = 0;

  /** As a reload or restart does: another worker, with what the map's file says. */
  reload(file: Readonly<Record<string, string>> = {}): void {
    this.#pid += 1;
    this.#newest = 0;
    this.#versions.clear();
    this.#map = [...Object.entries(file), [":gen", "file"]];
  }

  /** What a request finds. */
  get entries(): Readonly<Record<string, string>> {
    // The first entry of a key counts.
    return Object.fromEntries(this.#map.toReversed().filter(([key]) => key !== ":gen"));
  }

  /** Entries of versions that are not in place: they take memory. */
  get leftOver(): number {
    return [...this.#versions.values()].reduce((sum, { length }) => sum + length, 0);
  }

  answer(line: string): string {
    return line
      .split(";")
      .map((command) => {
        this.onCommand(command);
        this.commands.push(command);
        return `${this.#do(command)}\n`;
      })
      .join("");
  }

  #do(command: string): string {
    const [verb, , at = "", ...rest] = command.split(" ");
    if (this.refuses(command)) return "Out of memory error.\n";
    if (command === "show info") return `Name: HAProxy\nVersion: 3.0.11\nPid: ${this.#pid}\n`;
    if (verb === "prepare") {
      this.#newest += 1;
      this.#versions.set(this.#newest, []);
      return `New version created: ${this.#newest}\n`;
    }
    if (verb === "get") {
      const [, value] = this.#map.find(([key]) => key === rest[0]) ?? [];
      return value === undefined
        ? "type=str, case=sensitive, found=no\n"
        : `type=str, case=sensitive, found=yes, idx=tree, key="${rest[0]}", value="${value}", type="str"\n`;
    }
    if (at.startsWith("@")) return this.#doVersion(verb ?? "", Number(at.slice(1)), rest.slice(1));
    const [key = "", value = ""] = rest;
    const isThere = this.#map.some(([one]) => one === key);
    if (verb === "add") this.#map.push([key, value]);
    if (verb === "set" && !isThere) return "entry not found.\n";
    if (verb === "set") this.#map = this.#map.map((entry) => (entry[0] === key ? [key, value] : entry));
    if (verb === "del" && !isThere) return "Key not found.\n";
    if (verb === "del") this.#map = this.#map.filter(([one]) => one !== key);
    return "";
  }

  #doVersion(verb: string, version: number, [key = "", value = ""]: readonly string[]): string {
    const entries = this.#versions.get(version);
    if (entries === undefined) return "Version number in the future.\n";
    if (verb === "add") entries.push([key, value]);
    if (verb === "clear") entries.length = 0;
    if (verb === "commit") {
      this.#map = entries;
      // Whatever is older goes, whether it was in place or not.
      for (const number of this.#versions.keys()) if (number <= version) this.#versions.delete(number);
    }
    return "";
  }
}

/** Serves it on a socket of its own. */
export async function servedHaproxy() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(scratchFolder()).path;
  const haproxy = new MapHaproxy();
  const socket = join(folder, "haproxy.sock");
  const serve = async () => {
    const served = new AsyncDisposableStack();
    served.use(
      await unixServer(
        socket,
        answering((line) => haproxy.answer(line)),
      ),
    );
    return served;
  };
  return { stack, folder, haproxy, socket, serve, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
