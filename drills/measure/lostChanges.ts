/**
 * The acknowledged changes of a writer that a node does not serve, as sentences; empty where none is lost.
 * @param acknowledged the last acknowledged number of each label
 * @param served what the node serves for each of them, in the same order: a number, or what it says in its place
 */
export function lostChanges(
  node: string,
  acknowledged: Readonly<Record<string, number>>,
  served: readonly unknown[],
): readonly string[] {
  // A later one may have been made too although its answer was lost.
  return Object.entries(acknowledged).flatMap(([label, number], index) =>
    Number(served[index]) >= number ? [] : [`${label}: ${number}, and ${node} serves ${served[index]}`],
  );
}
