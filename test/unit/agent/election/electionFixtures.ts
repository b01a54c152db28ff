import { elect } from "../../../../agent/egress/election/elect.ts";
import type { Verdict } from "../../../../agent/egress/election/verdict.ts";
import { emptyMemory, type GroupMemory } from "../../../../agent/egress/memory.ts";
import type { HaproxyServerState, Observation } from "../../../../agent/egress/observation.ts";
import type { EgressGroupConfig } from "../../../../contract/egressConfig.ts";

/** A group with the defaults of the config; names that begin with `warp` are last resorts. */
export function groupOf(
  names: readonly string[],
  hysteresis: Partial<EgressGroupConfig["hysteresis"]> = {},
): EgressGroupConfig {
  return {
    name: "main",
    port: 7891,
    backend: "egress-main",
    mapFile: "/var/lib/hapair-egress/main.map",
    essential: false,
    targets: ["https://1.1.1.1", "https://9.9.9.9"],
    warpTrace: "https://1.1.1.1/cdn-cgi/trace",
    probe: { intervalMs: 5000, connectTimeoutMs: 1000, requestTimeoutMs: 2000 },
    hysteresis: {
      marginMs: 50,
      marginPercent: 20,
      rounds: 3,
      dwellS: 30,
      holdDownS: 10,
      maxHoldDownS: 300,
      ...hysteresis,
    },
    servers: names.map((name, index) => ({
      name,
      address: "10.0.1.50",
      port: 18181 + index,
      lastResort: name.startsWith("warp"),
      warp: name.startsWith("warp"),
    })),
  };
}

export type Views = Record<string, HaproxyServerState>;

export const online = (server: string, latencyMs: number): Observation => ({
  server,
  atMs: 0,
  state: "online",
  cause: null,
  latencyMs,
});

export const degraded = (server: string): Observation => ({
  server,
  atMs: 0,
  state: "degraded",
  cause: "request-timeout",
  latencyMs: null,
});

/** A group over time: a clock, haproxy's view, and the memory of its elections. */
export class Story {
  readonly group: EgressGroupConfig;
  memory: GroupMemory;
  views: Views | null;
  nowMs = 1_760_000_000_000;

  constructor(group: EgressGroupConfig) {
    this.group = group;
    this.memory = emptyMemory(group);
    this.views = Object.fromEntries(group.servers.map(({ name }) => [name, "up" as const]));
  }

  /** Runs one election, that many seconds after the last. */
  after(seconds: number, ...observations: Observation[]): Verdict {
    this.nowMs += seconds * 1000;
    const verdict = elect(this.group, this.memory, {
      nowMs: this.nowMs,
      observations,
      haproxy: this.views && { ...this.views },
    });
    this.memory = verdict.memory;
    return verdict;
  }

  view(server: string, state: HaproxyServerState): this {
    this.views = { ...this.views, [server]: state };
    return this;
  }
}

/** A measurement of wg1 and one of wg2, in milliseconds. */
export const both = (ms1: number, ms2: number) => [online("wg1", ms1), online("wg2", ms2)];

/** wg1 is preferred at 200 ms, wg2 is measured, the dwell is over. */
export function settled(ms2: number, hysteresis = {}): Story {
  const story = new Story(groupOf(["wg1", "wg2", "warp"], hysteresis));
  story.after(0);
  story.after(1, ...both(200, ms2), online("warp", 5));
  story.after(60);
  return story;
}
