import type { TakeOverName } from "./names.ts";

/** Something on the host that is somebody's own, and that the bundle would replace or that would decide beside it. */
export interface Finding {
  /** Whose configuration it is, as `--take-over` takes it; undefined where it cannot be taken over. */
  readonly service: TakeOverName | undefined;
  /** What was found and where. */
  readonly found: string;
  /** What to do instead of taking it over. */
  readonly remedy: string;
}
