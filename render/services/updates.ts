import { fullName } from "../../contract/routes/route.ts";
import { UpdatesConfig, updatesConfigPath } from "../../contract/updates/config.ts";
import type { Pair } from "../../topology/topology.ts";
import { type Secrets, updateKeyOf } from "../secrets.ts";
import { file } from "../template.ts";
import { ofDaemon } from "./routes.ts";

/** What the agent of a node must know of the service that names nodes; none without one. */
export function updatesFiles({ edge }: Pair, secrets: Secrets) {
  if (edge?.updates === undefined) return [];
  const { url, ca, host, options, intervalS, timeoutMs, confirmAfter } = edge.updates;
  const config: UpdatesConfig = {
    url,
    apiKey: updateKeyOf(secrets).text,
    ...(ca !== undefined && { ca }),
    host: fullName(host, edge.domains),
    options,
    intervalMs: intervalS * 1000,
    timeoutMs,
    confirmAfter,
  };
  return [file(updatesConfigPath, `${JSON.stringify(UpdatesConfig.parse(config), null, 2)}\n`, ofDaemon)];
}
