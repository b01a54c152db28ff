import { writeFileSync } from "node:fs";
import { renderShown } from "../../../render/bundle.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { labWithPair } from "../../unit/fixtures.ts";
import type { RealHaproxy } from "./realHaproxy.ts";

/**
 * The edge as a node's haproxy.cfg has it, on loopback: other listeners, its files in the folder, no second node.
 * @param edge keys of `edge` in the config
 */
export function edgeConfig(
  folder: string,
  ports: RealHaproxy["ports"],
  edge: Readonly<Record<string, unknown>> = {},
): string {
  const topology = parseTopology(labWithPair({ edge, routes: { allowedTargets: ["127.0.0.0/8"] } }));
  const node = hostsOf(topology).find(({ name }) => name === "haproxy1");
  const files = node && renderShown(topology, node);
  const text = files?.["etc/haproxy/haproxy.cfg"] ?? "";
  writeFileSync(`${folder}/routes.lua`, files?.["etc/haproxy/routes.lua"] ?? "");
  const frontend = /^frontend edge\n[\s\S]*?\n(?=\n)/m.exec(text)?.[0];
  const backends = /^# What the edge counts[\s\S]*/m.exec(text)?.[0];
  if (frontend === undefined || backends === undefined) throw new Error("haproxy.cfg has no edge");
  const listeners = [`127.0.0.1:${ports.edge}`, `127.0.0.1:${ports.probe} name probe`];
  return [
    "global",
    `    stats socket ${folder}/operator.sock mode 660 level operator`,
    `    stats socket ${folder}/admin.sock mode 600 level admin`,
    "    hard-stop-after 30s",
    "    default-path config",
    "    lua-load routes.lua",
    "userlist stats",
    "    user stats insecure-password stats",
    frontend
      .replaceAll(/^ {4}bind .*\n/gm, "")
      .replace("\n", `\n${listeners.map((at) => `    bind ${at}\n`).join("")}`)
      .replaceAll(/opt@[^)]*routes[^)]*/g, `opt@${folder}/routes.map`),
    backends.replaceAll(" peers edge", ""),
  ].join("\n");
}
