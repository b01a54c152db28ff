import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { bring } from "./bring.ts";
import type { Candidate, Change, Service } from "./service.ts";
import { words } from "./words.ts";

const config = "etc/keepalived/keepalived.conf";

export const keepalived: Service = {
  name: "keepalived",
  owns: (path) => path.startsWith("etc/keepalived/") || path === "etc/default/keepalived",
  runs: (unit) => unit === "keepalived.service",
  complaint,
  activate: ({ host, units, restart, paths }: Change) => {
    // Its environment file is read at the start only.
    const anew = paths.includes("etc/default/keepalived");
    return Promise.all(
      units.map((unit) => bring(host, unit, anew || restart.has(unit) ? "restart" : "reload")),
    );
  },
};

async function complaint(candidate: Candidate): Promise<string | undefined> {
  const { host, folder, files } = candidate;
  const file = files.find(({ path }) => path === config);
  if (file === undefined) return undefined;
  makeTrackFolders(host.root, file.text);
  return words(candidate, await host.run("keepalived", ["--config-test", `--use-file=${folder}/${config}`]));
}

/**
 * keepalived refuses a track_file in a folder that is not there, and the units that make those below /run may
 * not have run yet on this host.
 */
function makeTrackFolders(root: string, text: string): void {
  for (const [, path] of text.matchAll(/^\s*file\s+"?(\/run\/[^\s"]+)/gm)) {
    if (path !== undefined) mkdirSync(dirname(join(root, path)), { recursive: true, mode: 0o755 });
  }
}
