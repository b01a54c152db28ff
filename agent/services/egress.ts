import * as z from "zod";
import { EgressConfig, egressConfigPath } from "../../topology/egressConfig.ts";
import { bring } from "./bring.ts";
import type { Candidate, Service } from "./service.ts";

/** The agent's own loop, which reads its config again on SIGHUP. */
export const egress: Service = {
  name: "egress",
  owns: (path) => path === egressConfigPath,
  runs: (unit) => unit === "hapair.service",
  complaint,
  activate: ({ host, units, restart }) =>
    Promise.all(units.map((unit) => bring(host, unit, restart.has(unit) ? "restart" : "reload"))),
};

async function complaint({ files }: Candidate): Promise<string | undefined> {
  const file = files.find(({ path }) => path === egressConfigPath);
  if (file === undefined) return undefined;
  try {
    const parsed = EgressConfig.safeParse(JSON.parse(file.text));
    return parsed.success ? undefined : `/${egressConfigPath}: ${z.prettifyError(parsed.error)}`;
  } catch {
    return `/${egressConfigPath}: is no JSON document: render the bundle again`;
  }
}
