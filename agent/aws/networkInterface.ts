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

/** Its private addresses. Empty while the instance has no such interface. */
export async function addressesOf(metadata: Metadata, folder: string): Promise<readonly string[]> {
  return entries(await metadata.read(`${folder}local-ipv4s`));
}
