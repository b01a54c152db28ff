import type { DataPath } from "./prove.ts";
import type { Deed } from "./services/service.ts";

interface Report {
  readonly bundle: string;
  /** Paths whose content, owner or mode differs from what was live. */
  readonly changed: readonly string[];
  /** Paths that somebody had edited on the host; what was found is kept aside. */
  readonly edited: readonly string[];
  readonly deeds: readonly Deed[];
  readonly proof: DataPath;
}

/** What an apply came to. */
export type Outcome = Report &
  (
    | { readonly outcome: "applied" | "unchanged" | "skipped" }
    | { readonly outcome: "restored"; readonly reason: string }
    | { readonly outcome: "stuck"; readonly reason: string; readonly troubles: readonly string[] }
  );
