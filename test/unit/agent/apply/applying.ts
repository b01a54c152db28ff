import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { apply, stageOnly } from "../../../../agent/apply/apply.ts";
import type { Outcome } from "../../../../agent/apply/runTransaction.ts";
import { readBundle } from "../../../../agent/store/readBundle.ts";
import type { Kind } from "../../../../agent/store/records.ts";
import { bundle, Killed, ScratchHost } from "./scratchHost.ts";

export const applied = (
  host: ScratchHost,
  raw: Buffer,
  options: { unlessHolder?: boolean; unlessNew?: boolean; kind?: Kind } = {},
): Promise<Outcome> =>
  apply(host, {
    known: readBundle(raw, host.name),
    unlessHolder: false,
    unlessNew: false,
    kind: "apply",
    ...options,
  });

/** Checks and keeps a bundle, as the first step of a roll-out. */
export const staged = (host: ScratchHost, raw: Buffer, takeOver: readonly string[] = []): Promise<Outcome> =>
  stageOnly(host, readBundle(raw, host.name), takeOver);

/** A host on which the bundle `one` is live. */
export async function hostOnOne(): Promise<ScratchHost> {
  const host = new ScratchHost();
  await applied(host, bundle("one"));
  host.revive();
  return host;
}

/** Text at a live path, following the absolute links within the host's root; undefined where there is no file. */
export function live(host: ScratchHost, path: string): string | undefined {
  const at = join(host.root, path);
  const stats = lstatSync(at, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  return readFileSync(stats.isSymbolicLink() ? join(host.root, "var/lib/hapair/current", path) : at, "utf8");
}

/** Runs `story` on a fresh host to count its points, then once for each point, killed there. */
export async function atEveryPoint(
  prepare: (host: ScratchHost) => Promise<void>,
  story: (host: ScratchHost) => Promise<unknown>,
  check: (host: ScratchHost, point: string) => Promise<void>,
): Promise<void> {
  const whole = new ScratchHost();
  await prepare(whole);
  whole.revive();
  await story(whole);
  const points = [...whole.points];
  whole.remove();
  expect(points.length).toBeGreaterThan(9);
  for (const [index, point] of points.entries()) {
    const host = new ScratchHost();
    await prepare(host);
    host.revive();
    host.killAt = index;
    await expect(story(host), point).rejects.toThrow(Killed);
    host.answer = () => undefined;
    await check(host, point);
    host.remove();
  }
}
