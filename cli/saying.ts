/** A wait that is over by then is not worth a word, s. */
export const silentS = 2;

/** Waits for `work`, and says on stderr what it waits for where that takes long. */
export async function saying<Result>(text: string, work: Promise<Result>): Promise<Result> {
  const telling = setTimeout(() => console.error(text), silentS * 1000);
  try {
    return await work;
  } finally {
    clearTimeout(telling);
  }
}
