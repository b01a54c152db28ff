import * as z from "zod";
import type { Egress } from "../../topology/schema/egress.ts";
import { wireproxiesOf } from "../../topology/secrets/wireproxy.ts";
import type { Node } from "../../topology/topology.ts";
import { openFiles } from "../paths.ts";
import type { Secrets } from "../secrets.ts";
import { file, template } from "../template.ts";

const unitOf = (server: string): string => `wireproxy@${server}.service`;
/** Config of one instance, relative to `/`. It holds a private key. */
const configOf = (server: string): string => `etc/hapair/wireproxy/${server}.conf`;

const unitPath = `etc/systemd/system/${unitOf("")}`;
const unit = template(
  unitPath,
  z.strictObject({ binary: z.string(), config: z.string(), openFiles: z.int() }),
);

/** One unit for each proxy that the nodes of a pair run themselves. */
export function wireproxyUnits(egress: Egress | undefined): readonly string[] {
  return wireproxiesOf(egress).map(unitOf);
}

/**
 * The unit of the user's own wireproxy and the config of each instance.
 * @throws Error without a config; `parseSecrets` has reported a missing one before.
 */
export function wireproxyFiles(egress: Egress, node: Node, { wireproxies }: Secrets) {
  const names = wireproxiesOf(egress);
  if (names.length === 0) return [];
  return [
    file(unitPath, unit({ binary: egress.wireproxy.binary, config: configOf("%i"), openFiles })),
    ...names.map((name) => {
      const text = wireproxies[name]?.[node.name];
      if (text === undefined)
        throw new Error(`no wireproxy config for ${name} on ${node.name} among the secrets`);
      return file(configOf(name), text, { mode: "0600" });
    }),
  ];
}
