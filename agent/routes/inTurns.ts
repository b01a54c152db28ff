/** Does the work for each item, so many at a time. Rejects with the first error, and starts nothing after it. */
export async function inTurns<Item>(
  items: Iterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  let hasFailed = false;
  async function worker(): Promise<void> {
    for (let next = rest.next(); next.done !== true && !hasFailed; next = rest.next()) {
      try {
        await work(next.value);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker));
}
