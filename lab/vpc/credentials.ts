import { randomBytes } from "node:crypto";
import type { TemporaryKeys } from "./api/signature.ts";

/** Temporary keys of the instances' roles, by machine. The keys of one instance are of no use as another's. */
export class RoleKeys {
  readonly #keys = new Map<string, TemporaryKeys>();

  of(machine: string): TemporaryKeys {
    const known = this.#keys.get(machine);
    if (known !== undefined) return known;
    const text = (bytes: number) => randomBytes(bytes).toString("base64");
    const id = `ASIA${randomBytes(10).toString("hex").slice(0, 16).toUpperCase()}`;
    const keys = { id, secret: text(30), token: text(120) };
    this.#keys.set(machine, keys);
    return keys;
  }

  /** The machine whose keys these are now; undefined for keys that were replaced, or never given. */
  ownerOf(id: string | undefined): string | undefined {
    return [...this.#keys].find(([, keys]) => keys.id === id)?.[0];
  }

  /** From now on every role has other keys. */
  replace(): void {
    this.#keys.clear();
  }
}
