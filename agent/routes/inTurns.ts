/** Does the work for each item, so many at a time. Rejects with the first error, and then starts no more. */
export async function inTurns<Item>(
  items: Iterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  let hasFailed = false;
  async function worker(): Promise<void> {
    for (let next = rest.next(); next.done !== true && !hasFailed; next = rest.next()) await work(next.value);
  }
  const workers = Array.from({ length: atOnce }, worker);
  await Promise.all(workers).catch((error: unknown) => {
    hasFailed = true;
    throw error;
  });
}
