import { type Document, isAlias, isCollection, isMap, isScalar, type Node, type Scalar } from "yaml";
import { ambiguity } from "./plainScalar.ts";
import type { TextProblem } from "./problem.ts";

/**
 * Values that aliases may repeat in one file, each counted as often as it is repeated. Without a limit a few lines can
 * repeat billions; Go's reader has one of its own, which is never below 1,000 (`allowedAliasRatio` in its decode.go).
 */
const mostRepeated = 900;

interface Walk {
  readonly problems: TextProblem[];
  /** The last node with each anchor. */
  readonly anchors: Map<string, Node>;
  /** Number of values in a node, aliases followed. None for one whose end has not been reached. */
  readonly sizes: Map<Node, number>;
  repeated: number;
}

/** What `yaml` accepts in a document although the Pulumi CLI takes it differently, and aliases that lead nowhere. */
export function structureProblems({ contents }: Document.Parsed): readonly TextProblem[] {
  const walk: Walk = { problems: [], anchors: new Map(), sizes: new Map(), repeated: 0 };
  read(walk, contents);
  return walk.problems;
}

/** @returns number of values in the node */
function read(walk: Walk, node: unknown): number {
  if (isAlias(node)) return readAlias(walk, node, node.source);
  if (!isScalar(node) && !isCollection(node)) return 1;
  if (node.anchor) walk.anchors.set(node.anchor, node);
  if (node.tag !== undefined) report(walk, node, "has a tag (`!…`): remove it, and put text in quotes");
  else if (isScalar(node)) readWord(walk, node);
  const size = 1 + (isCollection(node) ? readItems(walk, node) : 0);
  walk.sizes.set(node, size);
  return size;
}

function readItems(walk: Walk, node: { readonly items: readonly unknown[] }): number {
  if (!isMap(node)) return node.items.reduce<number>((sum, item) => sum + read(walk, item), 0);
  return node.items.reduce((sum, { key, value }) => {
    readKey(walk, key, node);
    return sum + 1 + read(walk, value);
  }, 0);
}

function readWord(walk: Walk, { type, source, value, range }: Scalar): void {
  if (type !== "PLAIN" || source === undefined) return;
  const why = ambiguity(source, value);
  if (why !== undefined) walk.problems.push({ offset: range?.[0] ?? 0, message: why });
}

function readKey(walk: Walk, key: unknown, section: Node): void {
  if (!isScalar(key) || key.source === undefined) {
    report(walk, key ?? section, "is a key that is not a word: write the key itself");
  } else if (key.type === "PLAIN" && key.source === "<<") {
    report(
      walk,
      key,
      "is a merge to the Pulumi CLI and a plain key otherwise: repeat the keys that it merges",
    );
  } else if (typeof key.value !== "string") {
    report(walk, key, `is a key that is read as ${kindOf(key.value)}: put it in quotes`);
  } else {
    read(walk, key);
  }
}

function readAlias(walk: Walk, alias: Node, name: string): number {
  const target = walk.anchors.get(name);
  if (target === undefined) {
    report(walk, alias, "is an alias without an anchor of its name before it: add `&` and the name there");
    return 1;
  }
  const size = walk.sizes.get(target);
  if (size === undefined) {
    report(walk, alias, "is an alias of a section that it is itself a part of: remove it");
    return 1;
  }
  const before = walk.repeated;
  walk.repeated += size;
  if (before <= mostRepeated && walk.repeated > mostRepeated)
    report(walk, alias, `makes the aliases repeat more than ${mostRepeated} values: write them out`);
  return size;
}

function report(walk: Walk, node: unknown, message: string): void {
  const range = isScalar(node) || isCollection(node) || isAlias(node) ? node.range : undefined;
  walk.problems.push({ offset: range?.[0] ?? 0, message });
}

function kindOf(value: unknown): string {
  return value === null ? "nothing" : `a ${typeof value}`;
}
