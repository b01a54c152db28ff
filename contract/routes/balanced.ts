/**
 * HAProxy's backends for routes with several targets, checks or a queue. They are made beforehand, as HAProxy 3.0 adds
 * servers while it runs, and no backends.
 */

/** Routes of a pair that may have one at once. */
export const mostBalanced = 16;
/** Four more: nodes that commit such routes at the same moment have not counted each other's, and a transaction may swap some. */
export const balancedBackends = 20;

/** What stands before a backend's number in its name. */
export const balancedPrefix = "edge-balanced";

/** @param number from 1 on */
export function balancedBackend(number: number): string {
  return `${balancedPrefix}${number}`;
}

/** HAProxy's map, without a file, of what the checks of a backend ask for: `path|host` by the backend's name. */
export const checksMap = "virt@edge-checks";
