import { basename } from "node:path";
import * as z from "zod";
import { type AgentConfig, certificateUnits } from "../../contract/agentConfig.ts";
import { EdgeConfig, edgeConfigPath } from "../../contract/edgeConfig.ts";
import type { Edge } from "../../topology/schema/edge.ts";
import type { Pair } from "../../topology/topology.ts";
import { certificateCopy, certificatePaths, certificateRefusedFile, certificateStateName } from "../paths.ts";
import { file, template } from "../template.ts";

/** What renews the edge's certificate on a node, and tells when it ends. */

const servicePath = "etc/systemd/system/hapair-certificate.service";
const service = template(servicePath, z.strictObject({ stateName: z.string() }));
const triggers = certificateUnits.map((unit) => `etc/systemd/system/${unit}`);
const templates = triggers.map(
  (path) => [path, template(path, z.strictObject({ folder: z.string() }))] as const,
);

/** Certificates and key on a node, absolute path: what haproxy reads at its start. */
export function edgeCertificateFile({ tls }: Edge): string {
  return tls.folder === undefined ? `/${certificatePaths.edge}` : certificateCopy;
}

/** As haproxy's configuration and its Runtime API name it: what is delivered stands beside the configuration. */
export function edgeCertificateName(edge: Edge): string {
  const path = edgeCertificateFile(edge);
  return edge.tls.folder === undefined ? basename(path) : path;
}

/** What the agent's daemon must know, and what notices another certificate in a folder of the node. */
export function edgeAgentFiles({ edge }: Pair) {
  if (edge === undefined) return [];
  const { folder, port } = edge.tls;
  const config: EdgeConfig = {
    tls: { address: "127.0.0.1", port },
    ...(folder !== undefined && { refusedFile: certificateRefusedFile }),
  };
  return [
    file(edgeConfigPath, `${JSON.stringify(EdgeConfig.parse(config), null, 2)}\n`),
    ...(folder === undefined
      ? []
      : [
          file(servicePath, service({ stateName: certificateStateName })),
          ...templates.map(([path, text]) => file(path, text({ folder }))),
        ]),
  ];
}

export function edgeUnits({ edge }: Pair): readonly string[] {
  return edge?.tls.folder === undefined ? [] : certificateUnits;
}

/** What the program on the host must know of it as root. */
export function edgeAgentConfig({ edge }: Pair): Pick<NonNullable<AgentConfig["node"]>, "edge"> {
  if (edge === undefined) return {};
  const { folder } = edge.tls;
  const names = [...edge.tls.names];
  return {
    edge: {
      certificate: {
        name: edgeCertificateName(edge),
        file: edgeCertificateFile(edge),
        ...(folder !== undefined && {
          folder: { path: folder, names, refusedFile: certificateRefusedFile },
        }),
      },
    },
  };
}
