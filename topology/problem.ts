import { printable, shortened } from "../base/printable.ts";

/** One thing wrong with a config: where, what was found, what to do. */
export interface Problem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** A config's own keys, also with their namespace, names of hosts and proxies, and the words of what is no key. */
const plainKey = /^(?=.{1,80}$)[\w:./-]+( [\w:./-]+)*$/;

/** `pairs[0].vip.address`, as a person would write it; a key of other characters in quotes, as `ec2.tags["cost (€)"]`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    const key = String(part);
    if (!plainKey.test(key)) return `${text}[${JSON.stringify(shortened(key, 80))}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}

/** The problems that an error's message shows: a list of the wrong kind may have a problem in each of its thousand items. */
const mostShown = 100;
/** Characters of one problem: its path, which has the config's keys in it, and what to do. */
const longest = 800;

/** Every problem of a config, one a line, as text that any terminal can take. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const all = problems.map((problem) => shortened(printable(problem.replaceAll("\n", " ")), longest));
    const count = all.length === 1 ? "a problem" : `${all.length} problems`;
    const lines = all.slice(0, mostShown).map((problem) => `  ${problem}`);
    const more = all.length - lines.length;
    if (more > 0) lines.push(`  … and ${more} more: correct these first`);
    super(`the stack's config has ${count}:\n${lines.join("\n")}`);
    this.problems = all;
  }
}
