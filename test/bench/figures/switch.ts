import { atMost, type Figure, information } from "../figure.ts";
import { median } from "../median.ts";
import { round } from "../round.ts";
import type { AwayFromDead } from "../switch/awayFromDead.ts";
import type { BetweenLiving } from "../switch/betweenLiving.ts";

/**
 * What switches of preference cost, first where both proxies live, then where the preferred one dies each time. The
 * agent writes its file before it tells haproxy; how long that takes is the disk's matter, and is told without a goal.
 */
export function switchFigures(living: BetweenLiving, dead: AwayFromDead): Figure[] {
  const { times, requests, failed, lost } = living;
  const switches = `${times.length} switches of preference`;
  const deaths = `${dead.deaths} switches away from a dead proxy`;
  const p50 = (of: (time: BetweenLiving["times"][number]) => number) => round(median(times.map(of)), 2);
  return [
    atMost(
      1,
      "switch of preference over the Runtime API, p50",
      p50(({ apiMs }) => apiMs),
      "ms",
    ),
    atMost(0, `requests failed over ${switches}`, failed, ""),
    atMost(0, `connections lost over ${switches}`, lost, ""),
    atMost(0, `connections lost on other proxies over ${deaths}`, dead.lost, ""),
    atMost(0, `clients left without an answer over ${deaths}`, dead.silent, ""),
    information(
      "switch of preference, its file on disk included, p50",
      p50(({ totalMs }) => totalMs),
      "ms",
    ),
    information(`requests made over ${switches}`, requests, ""),
    information(`connections held on other proxies over ${deaths}`, dead.held, ""),
    information(`connections ended with their proxy over ${deaths}`, dead.ended, ""),
  ];
}
