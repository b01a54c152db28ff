import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { System } from "../../../agent/host/system.ts";
import { services } from "../../../agent/services/services.ts";
import { Bundle } from "../../../contract/bundle.ts";
import { renderHost } from "../../../render/bundle.ts";
import { shownFacts } from "../../../render/hostFacts.ts";
import { type Host, hostsOf } from "../../../topology/hosts.ts";
import type { Topology } from "../../../topology/topology.ts";
import { fixedSecrets, type Passwords } from "./fixedSecrets.ts";
import type { ImageHost } from "./imageHost.ts";

/** A user's own program, which the image does not have. */
const ofUsers: readonly string[] = ["wireproxy"];

/** By ids of AWS, as its hosts have them. */
const aws = {
  interfaceId: "eni-0123456789abcdef0",
  allocationId: "eipalloc-0123456789abcdef0",
  routeTableIds: ["rtb-0123456789abcdef0"],
};

/**
 * What the daemons' own checkers complain about in the files of a topology, by the program that asks them on a host;
 * undefined where they take all. One node is asked, as the others differ in addresses, and each machine of the pool.
 */
export async function complaintsOf(
  topology: Topology,
  image: ImageHost,
  passwords?: Passwords,
): Promise<string | undefined> {
  const hosts = hostsOf(topology);
  const asked = [...new Map(hosts.map((host) => [host.role, host])).values()];
  for (const host of asked) {
    const found = await complaintsAbout(topology, host, { image, passwords });
    if (found !== undefined) return `${host.name}: ${found}`;
  }
  return undefined;
}

async function complaintsAbout(
  topology: Topology,
  host: Host,
  { image, passwords }: { readonly image: ImageHost; readonly passwords: Passwords | undefined },
): Promise<string | undefined> {
  const pair = "pair" in host ? host.pair : topology.pairs[0];
  if (pair === undefined) return undefined;
  const known = shownFacts(topology);
  const facts = { ...known, interface: topology.network.interface ?? "eth0", ...(known.aws && { aws }) };
  await image.interface(facts.interface);
  const { text } = renderHost(topology, host, fixedSecrets(pair, passwords), facts);
  const { files } = Bundle.parse(JSON.parse(text));
  const folder = mkdtempSync(join(image.shared, "bundle-"));
  // PostgreSQL and others read as users of their own.
  chmodSync(folder, 0o711);
  try {
    for (const file of files) {
      mkdirSync(dirname(join(folder, file.path)), { recursive: true });
      writeFileSync(join(folder, file.path), file.text);
    }
    const candidate = { host: image as unknown as System, folder, files };
    for (const { name, complaint } of services) {
      if (ofUsers.includes(name)) continue;
      const found = await complaint?.(candidate);
      if (found !== undefined) return `${name}: ${found}`;
    }
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
