/**
 * Measures every way once a round. Every second round goes backwards, so that a machine that slows down or warms up
 * does so for all ways alike.
 * @returns the measurements of each way, in the order of `ways`
 */
export async function alternate<Way, Measurement>(
  ways: readonly Way[],
  rounds: number,
  measure: (way: Way) => Promise<Measurement>,
): Promise<Measurement[][]> {
  const results = ways.map((): Measurement[] => []);
  const order = [...ways.entries()];
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, way] of round % 2 === 0 ? order : order.toReversed())
      results[index]?.push(await measure(way));
  }
  return results;
}
