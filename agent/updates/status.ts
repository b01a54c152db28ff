import { existsSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../base/failure.ts";
import { connect } from "../../client/connect.ts";
import { localSocketName, routesConfigPath } from "../../contract/routesConfig.ts";
import { updatesConfigPath } from "../../contract/updates/config.ts";
import { readRoutesConfig } from "../daemon/config.ts";
import type { System } from "../host/system.ts";
import type { StatusPart } from "../services/service.ts";

/** For the daemon's answer. */
const deadlineMs = 2000;

/** What this node's daemon says of its updater; nothing where no service names nodes. */
export async function updatesStatus({ root }: Pick<System, "root">): Promise<StatusPart> {
  if (!existsSync(join(root, updatesConfigPath))) return {};
  try {
    const { folder } = readRoutesConfig(join(root, routesConfigPath));
    const socket = join(root, folder, localSocketName);
    const { services } = await connect({ socket, deadlineMs }).health();
    const { updates = null } = services;
    const warnings = updates?.problem == null ? [] : [`node updates: ${updates.problem}`];
    return { node: { updates }, warnings };
  } catch (error) {
    return { problems: [`node updates: the agent does not say (${messageOf(error)})`] };
  }
}
