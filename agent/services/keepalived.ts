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
  if (!candidate.files.some(({ path }) => path === config)) return undefined;
  const { host, folder } = candidate;
  return words(candidate, await host.run("keepalived", ["--config-test", `--use-file=${folder}/${config}`]));
}
