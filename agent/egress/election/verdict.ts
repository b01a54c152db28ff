import type { ServerState } from "../../../contract/egressPage.ts";
import type { GroupMemory } from "../memory.ts";
import type { Cause, HaproxyServerState, Observation } from "../observation.ts";

/** What an election is told; the same input and memory always give the same verdict. */
export interface ElectionInput {
  /** Epoch. */
  readonly nowMs: number;
  /** Those that are new since the last election, oldest first. */
  readonly observations: readonly Observation[];
  /** By server name, one that is missing is not known; null while haproxy does not answer. */
  readonly haproxy: Readonly<Record<string, HaproxyServerState>> | null;
}

/**
 * Why the preference moved: there was none yet; the present server failed; an operator took it out; another is
 * better; a real server works again while a last resort, or one without hope, was preferred; it left the config.
 */
export type SwitchWhy = "first" | "failed" | "maint" | "better" | "recovered" | "removed";

export type EgressEvent =
  /** `from` is null for the first observation of a server. */
  | {
      readonly kind: "state";
      readonly server: string;
      readonly from: ServerState | null;
      readonly to: ServerState;
      readonly cause: Cause | null;
    }
  | { readonly kind: "switch"; readonly from: string | null; readonly to: string; readonly why: SwitchWhy }
  /** A server failed again before its last failure was forgotten. */
  | {
      readonly kind: "flap";
      readonly server: string;
      readonly failures: number;
      readonly holdDownMs: number;
    };

/** A usable server that is not preferred yet although it should be, and what it waits for; `flaps`: that its failures are forgotten. */
export interface Held {
  readonly server: string;
  readonly why: "hold-down" | "dwell" | "rounds" | "flaps";
}

export interface Verdict {
  /** Its `preferred` is whom haproxy is to prefer from now on. */
  readonly memory: GroupMemory;
  readonly events: readonly EgressEvent[];
  /** Servers that are dead, as haproxy and our own observation agree: so is what is open there. */
  readonly dead: readonly string[];
  /** As it stands now, not only what is new. */
  readonly held: readonly Held[];
}
