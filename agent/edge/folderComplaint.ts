import { existsSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../base/failure.ts";
import type { AgentConfig } from "../../contract/agentConfig.ts";
import type { System } from "../host/system.ts";
import type { Candidate } from "../services/service.ts";
import { readCertificateFolder } from "./certificateFiles.ts";
import { keepCopy } from "./renewCertificate.ts";

/**
 * What is wrong with the certificate in a folder of this node, which a staged bundle wants; undefined where nothing is. Where
 * HAProxy does not run with such a one yet, keeps the copy that it reads at its start.
 */
export function folderComplaint({ host, config, live, staging = false }: Candidate): string | undefined {
  const wanted = certificateOf(config);
  if (wanted?.folder === undefined) return undefined;
  const hasCopy = existsSync(join(host.root, wanted.file));
  const isInUse = hasCopy && certificateOf(live)?.folder !== undefined;
  // Somebody may have broken it since it was staged: HAProxy has a good one.
  if (isInUse && !staging) return undefined;
  try {
    const found = readCertificateFolder(host.root, wanted.folder, host.now());
    if (!isInUse) keepCopy(host.root, wanted.file, found);
    return undefined;
  } catch (error) {
    return staging || !hasCopy ? messageOf(error) : undefined;
  }
}

/** Why the folder's certificate is not taken over; none where it is, or soon will be. */
export function folderWarnings(host: System, node: NonNullable<AgentConfig["node"]>): readonly string[] {
  const { folder } = node.edge?.certificate ?? {};
  if (folder === undefined) return [];
  try {
    readCertificateFolder(host.root, folder, host.now());
    return [];
  } catch (error) {
    return [`the edge goes on with its old certificate: ${messageOf(error)}`];
  }
}

function certificateOf(config: AgentConfig | undefined) {
  return config?.node?.edge?.certificate;
}
