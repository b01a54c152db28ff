import { ApiError } from "./apiError.ts";

/** The parameters of a request: names to texts, lists as `Name.1`, `Name.2` …. */
export class Parameters {
  readonly #texts: ReadonlyMap<string, string>;

  constructor(body: string) {
    this.#texts = new Map(new URLSearchParams(body));
  }

  text(name: string): string | undefined {
    return this.#texts.get(name);
  }

  required(name: string): string {
    const text = this.#texts.get(name);
    if (text !== undefined) return text;
    throw new ApiError("MissingParameter", `The request must contain the parameter ${name}`);
  }

  flag(name: string): boolean {
    return this.#texts.get(name) === "true";
  }

  list(name: string): readonly string[] {
    return [...this.#texts].filter(([key]) => plain(key) === `${name}.N`).map(([, text]) => text);
  }

  /** @throws ApiError where there is a parameter that the action does not know, which would otherwise be overlooked */
  assertKnown(names: readonly string[]): void {
    const known = new Set(["Action", "Version", ...names]);
    for (const key of this.#texts.keys())
      if (!known.has(plain(key)))
        throw new ApiError("UnknownParameter", `The parameter ${key} is not recognized`);
  }
}

/** `PrivateIpAddress.2` is `PrivateIpAddress.N`. */
function plain(key: string): string {
  return key.replace(/\.\d+$/, ".N");
}
