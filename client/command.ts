import type { ChangeOptions, Routes } from "./connect.ts";
import { parsed } from "./error.ts";
import type {
  Change,
  Route,
  RouteList,
  StoredRoute,
  TransactionResult,
  UpdatesHealth,
  WeightedTargetInput,
} from "./types.ts";

/** The command `route`, as a node's `hapair` and the operator's commands have it. */

export const routeVerbs = {
  add: "add HOST TARGET[=WEIGHT]… --agent ID [--set OPTION=VALUE]… [--probe] [--dry-run]",
  remove: "remove HOST --agent ID [--dry-run]",
  list: "list [--agent ID]",
  show: "show HOST",
  apply: "apply FILE [--probe] [--dry-run]",
  confirm: "confirm",
} as const;
type Verb = keyof typeof routeVerbs;

/** What the user has typed. */
export interface RouteWords {
  readonly words: readonly string[];
  readonly agent?: string | undefined;
  /** Such as `websocket=false`. */
  readonly set?: readonly string[] | undefined;
  readonly probe?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

/** The command is typed wrong; nothing was asked. */
export class RouteUsage extends Error {}

/** What is to be asked, and how its answer reads. Throws a RouteUsage. */
export interface RouteCommand {
  run(routes: Routes): Promise<{ readonly answer: object; readonly text: string }>;
}

/** @param read the text of a file, or of standard input for `-` */
export function routeCommand(typed: RouteWords, read: (file: string) => string): RouteCommand {
  const [verb = "", ...places] = typed.words;
  if (!isVerb(verb)) throw new RouteUsage(`route takes one of ${Object.keys(routeVerbs).join(", ")}`);
  const wrong = problemOf(verb, places, typed);
  if (wrong !== undefined) throw new RouteUsage(`${wrong}: route ${routeVerbs[verb]}`);
  const [place = "", ...targets] = places;
  const { agent = "", probe = false, dryRun = false } = typed;
  const how: ChangeOptions = { probe, dryRun };
  switch (verb) {
    case "add": {
      const options = optionsOf(typed.set ?? []);
      const target = leadsTo(targets);
      return changing((routes) => routes.addHttpRoute(agent, place, target, options, how), dryRun);
    }
    case "remove":
      return changing((routes) => routes.removeHttpRoute(agent, place, { dryRun }), dryRun);
    case "apply": {
      const { changes, ifVersion } = fileOf(place, read(place));
      const condition = ifVersion === undefined ? how : { ...how, ifVersion };
      return changing((routes) => routes.transaction(changes, condition), dryRun);
    }
    case "list":
      return {
        run: async (routes) => {
          const answer = await routes.listRoutes(typed.agent);
          return { answer, text: listText(answer) };
        },
      };
    case "show":
      return {
        run: async (routes) => {
          const answer = await routes.showRoute(place);
          return { answer, text: routeText(answer) };
        },
      };
    case "confirm":
      return {
        run: async (routes) => {
          const answer = await routes.confirmNodes();
          return { answer, text: confirmedText(answer) };
        },
      };
  }
}

function isVerb(word: string): word is Verb {
  return Object.hasOwn(routeVerbs, word);
}

function problemOf(verb: Verb, places: readonly string[], typed: RouteWords): string | undefined {
  const count = { add: 2, remove: 1, list: 0, show: 1, apply: 1, confirm: 0 }[verb];
  const takesMore = verb === "add" && places.length > count;
  if (places.length !== count && !takesMore)
    return `expected ${count} words after ${verb}, and found ${places.length}`;
  if ((verb === "add" || verb === "remove") && !typed.agent) return "--agent is missing";
  if (verb !== "add" && typed.set?.length) return `${verb} takes no --set`;
  return undefined;
}

function changing(ask: (routes: Routes) => Promise<TransactionResult>, isDryRun: boolean): RouteCommand {
  return {
    run: async (routes) => {
      const answer = await ask(routes);
      return { answer, text: resultText(answer, isDryRun) };
    },
  };
}

/** One target without a weight, or several. */
function leadsTo(words: readonly string[]): string | readonly WeightedTargetInput[] {
  const targets = words.map((word): WeightedTargetInput => {
    const [, url = word, weight] = /^(.*)=(\d{1,3})$/.exec(word) ?? [];
    return weight === undefined ? { url } : { url, weight: Number(weight) };
  });
  const [only, ...others] = targets;
  return others.length === 0 && only?.weight === undefined ? (only?.url ?? "") : targets;
}

/** The API checks names and values: a second list of them here could differ. A dot leads into an option that has parts. */
function optionsOf(settings: readonly string[]): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const setting of settings) {
    const [, name = "", part, text = ""] = /^(\w+)(?:\.([^=]+))?=(.*)$/s.exec(setting) ?? [];
    if (name === "") throw new RouteUsage(`--set ${setting} is not OPTION=VALUE, such as websocket=false`);
    const value = settingOf(name, text);
    const whole = options[name];
    options[name] =
      part === undefined ? value : { ...(typeof whole === "object" ? whole : {}), [part]: value };
  }
  return options;
}

/** A header's value is text, whatever it looks like; without one the header is removed. */
function settingOf(option: string, text: string): unknown {
  if (option.endsWith("Headers")) return text === "" ? null : text;
  return /^(?:true|false|\d+)$/.test(text) ? parsed(text) : text;
}

function fileOf(file: string, text: string): { changes: readonly Change[]; ifVersion?: number } {
  const found = parsed(text);
  if (typeof found !== "object" || found === null || !("changes" in found) || !Array.isArray(found.changes))
    throw new RouteUsage(`${file} is not a JSON object with a list "changes": see docs/routes-api.md`);
  const { changes } = found;
  return "ifVersion" in found ? { changes, ifVersion: Number(found.ifVersion) } : { changes };
}

function resultText(
  { version, appliedOn, pendingOn, changes }: TransactionResult,
  isDryRun: boolean,
): string {
  const lines = changes.map(({ host, before, after }) => {
    if (after === undefined) return before ? `- ${host} ${targetText(before)}` : `  ${host} was not there`;
    return before
      ? `~ ${host} ${targetText(before)} → ${targetText(after)}`
      : `+ ${host} ${targetText(after)}`;
  });
  const where = isDryRun
    ? `nothing was changed: the routes are at version ${version}`
    : `version ${version}, served by ${appliedOn.join(" and ")}`;
  const later = pendingOn.length > 0 ? [`${pendingOn.join(" and ")} will follow once reachable`] : [];
  return [...lines, where, ...later].join("\n");
}

function confirmedText({ host, nodes }: UpdatesHealth): string {
  return `${host} follows the list of ${nodes} node${nodes === 1 ? "" : "s"} that was in doubt`;
}

function listText({ version, routes }: RouteList): string {
  const rows = routes.map((route) => [route.host, targetText(route), route.agent] as const);
  const widths = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map(([host, target, agent]) =>
    [host.padEnd(widths[0] ?? 0), target.padEnd(widths[1] ?? 0), agent].join("  "),
  );
  return [...lines, `${routes.length} route${routes.length === 1 ? "" : "s"}, version ${version}`].join("\n");
}

function routeText(route: StoredRoute): string {
  const { host, agent, version, options } = route;
  const rows = Object.entries({ target: targetText(route), agent, version, ...options });
  const text = (value: unknown) => (typeof value === "object" ? JSON.stringify(value) : String(value));
  return [host, ...rows.map(([key, value]) => `  ${key.padEnd(18)} ${text(value)}`)].join("\n");
}

/** As `add` takes it. */
function targetText({ target, targets = [] }: Pick<Route, "target" | "targets">): string {
  return target ?? targets.map(({ url, weight }) => `${url}=${weight}`).join(" ");
}
