import { rmSync } from "node:fs";
import { basename } from "node:path";
import { AgentError, exitStatuses } from "../errors.ts";
import { replaceLink, syncFolder } from "./durable.ts";
import type { Layout } from "./layout.ts";
import { present } from "./present.ts";

/** The bundle that `current` points to; undefined before the first one. */
export function currentSha(layout: Layout): string | undefined {
  const found = present(layout.current);
  if (found.kind === "nothing") return undefined;
  const sha = found.kind === "link" ? basename(found.target) : "";
  if (/^[0-9a-f]{64}$/.test(sha)) return sha;
  throw new AgentError(
    exitStatuses.needsHuman,
    `${layout.current} does not point to a bundle: move it away and apply again`,
  );
}

/** Moves the host: the one step at which the live files change. */
export function swapTo(layout: Layout, sha: string | undefined): void {
  if (sha === currentSha(layout)) return;
  if (sha === undefined) {
    rmSync(layout.current, { force: true });
    syncFolder(layout.store);
  } else {
    replaceLink(layout.current, `bundles/${sha}`);
  }
}
