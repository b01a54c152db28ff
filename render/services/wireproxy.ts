import * as z from "zod";
import type { Egress } from "../../topology/schema/egress.ts";
import { wireproxiesOf } from "../../topology/secrets/wireproxy.ts";
import type { Node } from "../../topology/topology.ts";
import { openFiles, wireproxyConfig, wireproxyUnit } from "../paths.ts";
import type { Secrets } from "../secrets.ts";
import { file, template } from "../template.ts";

const unitPath = `etc/systemd/system/${wireproxyUnit("")}`;
const unit = template(
  unitPath,
  z.strictObject({ binary: z.string(), config: z.string(), openFiles: z.int() }),
);

/**
 * The unit of a user's own wireproxy and the config of each instance.
 * @throws Error without a config: whoever delivers this host has been given one.
 */
export function wireproxyFiles(egress: Egress, node: Node, { wireproxies }: Secrets) {
  const names = wireproxiesOf(egress);
  if (names.length === 0) return [];
  return [
    file(unitPath, unit({ binary: egress.wireproxy.binary, config: wireproxyConfig("%i"), openFiles })),
    ...names.map((name) => {
      const text = wireproxies[name]?.[node.name];
      if (text === undefined) throw new Error(`no wireproxy config for ${name} on ${node.name}`);
      return file(wireproxyConfig(name), text, { mode: "0600" });
    }),
  ];
}
