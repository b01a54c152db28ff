import { statSync } from "node:fs";
import { messageOf } from "../../base/failure.ts";
import type { Log } from "../daemon/log.ts";
import type { Recovery } from "./recovery.ts";

/** Each question starts a program as root, ms. */
const everyMs = 10_000;

export interface ConfigWatch {
  /** Why HAProxy's configuration on disk is not good; null where it is, undefined until that is known. */
  problem(): string | null | undefined;
  /** Has the configuration validated where its file has changed since the last time. */
  look(): void;
}

/**
 * @param file HAProxy's configuration, absolute path
 * @param onChange the file is another one since the first look, or is judged otherwise: why it is not good, or null
 */
export function openConfigWatch(
  file: string,
  recovery: Pick<Recovery, "configProblem">,
  log: Log,
  onChange: (problem: string | null) => void,
): ConfigWatch {
  let problem: string | null | undefined;
  let stamp = "";
  let askedAtMs = Number.NEGATIVE_INFINITY;

  return {
    problem: () => problem,
    look: () => {
      const stats = statSync(file, { throwIfNoEntry: false });
      const now = stats === undefined ? "missing" : [stats.ino, stats.size, stats.mtimeMs].join("/");
      if (now === stamp || performance.now() - askedAtMs < everyMs) return;
      stamp = now;
      askedAtMs = performance.now();
      recovery.configProblem().then(
        (answer) => {
          const isFirst = problem === undefined;
          problem = answer;
          log.trouble("configuration of haproxy", answer);
          if (!isFirst) onChange(answer);
        },
        (error: unknown) => {
          stamp = "";
          log.trouble("configuration of haproxy", messageOf(error));
        },
      );
    },
  };
}
