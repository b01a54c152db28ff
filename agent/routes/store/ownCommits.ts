/** The versions that a node has committed itself: callers of other nodes do not wait until it has them. */
export class OwnCommits {
  #ranges: readonly Range[] = [];

  /** Versions from the one after `after` to `version`. */
  made(after: number, version: number): void {
    this.#ranges = [...this.#ranges, { after, version }];
  }

  /** Whether all versions from the one after `after` to `version` are own ones. Forgets them. */
  take(after: number, version: number): boolean {
    let reached = after;
    for (const range of this.#ranges) if (range.after <= reached) reached = Math.max(reached, range.version);
    this.#ranges = this.#ranges.filter((range) => range.version > version);
    return after < version && reached >= version;
  }
}

interface Range {
  readonly after: number;
  readonly version: number;
}
