import { mkdirSync, rmSync } from "node:fs";
import { layoutOf, openStore } from "../../../agent/store/layout.ts";
import { readBundle } from "../../../agent/store/readBundle.ts";
import { stage } from "../../../agent/store/stage.ts";
import { Failure } from "../../../base/failure.ts";
import { ScratchHost } from "../../unit/agent/apply/scratchHost.ts";
import { faultOfWords } from "./words.ts";

/** A host that gets bundles: refused with the program's own words, or staged. */
export class BundleReader {
  readonly #host = new ScratchHost();

  readonly faultOfBundle = (text: string): string | undefined => {
    const host = this.#host;
    const layout = layoutOf(host.root);
    try {
      const known = readBundle(Buffer.from(text), host.name);
      mkdirSync(layout.bundles, { recursive: true, mode: 0o711 });
      openStore(layout);
      stage(host, layout, known);
      return undefined;
    } catch (error) {
      if (error instanceof Failure) return faultOfWords(error.message);
      throw error;
    } finally {
      rmSync(layout.bundles, { recursive: true, force: true });
    }
  };

  remove(): void {
    this.#host.remove();
  }
}
