import { RuntimeError } from "./runtimeError.ts";

/** A word of a command as it is; refused where haproxy could read more than one plain word in it. */
export function argument(word: string): string {
  if (/^[A-Za-z0-9._:/@+-]+$/.test(word)) return word;
  throw new RuntimeError("refused", `${JSON.stringify(word)} is no plain word: it is not handed to haproxy`);
}
