import type * as pulumi from "@pulumi/pulumi";

/**
 * The order of a roll-out across hosts: every host checks its bundle before the first host applies one, so that a bundle
 * that one host refuses changes none.
 */
export class RollOut {
  readonly #checks: pulumi.Resource[] = [];
  readonly #closed: Promise<void>;
  #close!: () => void;

  constructor() {
    this.#closed = new Promise((resolve) => {
      this.#close = resolve;
    });
  }

  /** Adds a host's check. */
  add(check: pulumi.Resource): void {
    this.#checks.push(check);
  }

  /** Every host is declared: applies wait for the checks that were added. */
  close(): void {
    this.#close();
  }

  /** What an apply depends on: every host's check, and `others`. */
  async checksAnd(others: readonly pulumi.Resource[]): Promise<pulumi.Input<pulumi.Resource>[]> {
    await this.#closed;
    return [...this.#checks, ...others];
  }
}
