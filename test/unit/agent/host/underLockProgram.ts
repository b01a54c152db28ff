import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { underLock } from "../../../../agent/host/lock.ts";

/** Arguments: LOCK JOURNAL NAME. Holds the lock as `hapair` does until stdin ends. */
const [lock = "", journal = "", name = ""] = process.argv.slice(2);
const note = (what: string) => appendFileSync(journal, `${name} ${what}\n`);

await underLock(lock, async () => {
  note("begins");
  await once(process.stdin.resume(), "end");
  note("ends");
});
