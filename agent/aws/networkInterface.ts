import { entries, type Metadata } from "./metadata.ts";

/** A network interface of this instance. */
export interface NetworkInterface {
  readonly id: string;
  /** Its folder in the metadata, with a slash at the end. */
  readonly folder: string;
}

const folder = "network/interfaces/macs/";

/** The interface with this id or, where none is given, this address. Rejects where the instance has no such interface. */
export async function findInterface(
  metadata: Metadata,
  { id, address }: { readonly id?: string | undefined; readonly address: string },
): Promise<NetworkInterface> {
  for (const mac of entries(await metadata.read(folder))) {
    const own = `${folder}${mac.replace(/\/$/, "")}/`;
    const [found] = entries(await metadata.read(`${own}interface-id`));
    if (found === undefined) continue;
    if (id === undefined ? (await addressesOf(metadata, own)).includes(address) : id === found)
      return { id: found, folder: own };
  }
  throw new Error(
    `this instance has no network interface ${id ?? `with ${address}`}: apply the bundle of its own host here`,
  );
}

/**
 * The private addresses of an interface that has this one. Rejects where the list lacks it: then nothing can be told from
 * the list, as from one that is empty or is not there at all.
 */
export async function addressesWith(
  metadata: Metadata,
  { folder, address }: { readonly folder: string; readonly address: string },
): Promise<readonly string[]> {
  const addresses = await addressesOf(metadata, folder);
  if (!addresses.includes(address))
    throw new Error(
      `the metadata service lists ${addresses.join(", ") || "no address"} without this node's own ${address}: see the interface in the EC2 console`,
    );
  return addresses;
}

async function addressesOf(metadata: Metadata, folder: string): Promise<readonly string[]> {
  return entries(await metadata.read(`${folder}local-ipv4s`));
}
