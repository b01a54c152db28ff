import { randomBytes } from "node:crypto";
import type { Delivery, VpcSpec } from "../../contract/vpc.ts";
import { Placing } from "./placing.ts";

/** A network interface, as the API shows it. */
export interface NetworkInterface extends Omit<VpcSpec["interfaces"][number], "address"> {
  readonly mac: string;
  readonly attachmentId: string;
  readonly instanceId: string;
  /** Its primary private address. */
  readonly address: string;
}

/** An Elastic IP, associated or not. */
interface ElasticIp {
  readonly allocationId: string;
  readonly address: string;
  association: { readonly id: string; readonly privateAddress: string } | undefined;
}

/** Makes packets follow what the API accepted. */
export interface Fabric {
  /** A private address belongs to this machine's interface. */
  assign(address: string, machine: string): void;
  /** A public address stands for this private one. */
  translate(address: string, privateAddress: string): void;
  /** Packets to this one address, outside the subnet, go to this machine. */
  route(address: string, machine: string): void;
}

/** What the account has of EC2, and how it changes. What the API accepts takes effect `effectMs` later. */
export class Account {
  readonly spec: VpcSpec;
  readonly interfaces: readonly NetworkInterface[];
  readonly elasticIps: readonly ElasticIp[];
  /** Interface of each destination, by route table. */
  readonly tables: ReadonlyMap<string, Map<string, string>>;
  /** Interface of each secondary private address. */
  readonly secondary = new Map<string, string>();
  readonly #placing: Placing;
  readonly #fabric: Fabric;

  constructor(spec: VpcSpec, fabric: Fabric, effectMs: () => number) {
    this.spec = spec;
    this.#fabric = fabric;
    this.#placing = new Placing(effectMs);
    this.interfaces = spec.interfaces.map((one) => ({
      ...one,
      mac: `02:00:${one.address.split(".").map(hexByte).join(":")}`,
      attachmentId: `eni-attach-${one.id.slice(4)}`,
      instanceId: `i-${one.id.slice(4)}`,
    }));
    this.elasticIps = spec.elasticIps.map((one) => ({ ...one, association: undefined }));
    this.tables = new Map(
      spec.routeTables.map(({ id, routes }) => [
        id,
        new Map(routes.map(({ destination, interfaceId }) => [destination, interfaceId])),
      ]),
    );
    for (const { routes } of spec.routeTables)
      for (const { destination, interfaceId } of routes) this.#place(hostOf(destination), interfaceId);
  }

  interface(id: string): NetworkInterface | undefined {
    return this.interfaces.find((one) => one.id === id);
  }

  /** Private addresses of an interface by the API, the primary one first. */
  addressesOf({ id, address }: NetworkInterface): readonly string[] {
    return [address, ...[...this.secondary].filter(([, owner]) => owner === id).map(([own]) => own)];
  }

  assign(address: string, { id }: NetworkInterface): void {
    if (this.secondary.get(address) === id) return;
    this.secondary.set(address, id);
    this.#place(address, id);
    // An Elastic IP stays with its private address.
    for (const elastic of this.elasticIps)
      if (elastic.association?.privateAddress === address) this.#place(elastic.address, id);
  }

  associate(elastic: ElasticIp, { id }: NetworkInterface, privateAddress: string): string {
    const { association } = elastic;
    if (association?.privateAddress === privateAddress) return association.id;
    const made = { id: `eipassoc-${randomBytes(8).toString("hex")}`, privateAddress };
    elastic.association = made;
    this.#place(elastic.address, id, () => this.#fabric.translate(elastic.address, privateAddress));
    return made.id;
  }

  replaceRoute(routes: Map<string, string>, destination: string, { id }: NetworkInterface): void {
    if (routes.get(destination) === id) return;
    routes.set(destination, id);
    this.#place(hostOf(destination), id);
  }

  /** The machine that each virtual address belongs to by the API, and the one that packets to it reach. */
  places(): { owners: Record<string, string>; delivered: Record<string, string>; deliveries: Delivery[] } {
    return this.#placing.state();
  }

  /** Virtual addresses that lead to an interface now: what its metadata knows. */
  delivered({ machine }: NetworkInterface): { readonly secondary: string[]; readonly elastic: ElasticIp[] } {
    const here = (address: string) => this.#placing.machineOf(address) === machine;
    return {
      secondary: [...this.secondary.keys()].filter(here),
      elastic: this.elasticIps.filter(({ address }) => here(address)),
    };
  }

  #place(address: string, id: string, effect?: () => void): void {
    const machine = this.interface(id)?.machine ?? "";
    const ofAddress = this.secondary.has(address)
      ? () => this.#fabric.assign(address, machine)
      : () => this.#fabric.route(address, machine);
    const isElastic = this.elasticIps.some((elastic) => elastic.address === address);
    this.#placing.place(address, machine, effect ?? (isElastic ? () => undefined : ofAddress));
  }
}

/** The address of a route to one host. */
function hostOf(destination: string): string {
  return destination.replace(/\/32$/, "");
}

function hexByte(decimal: string): string {
  return Number(decimal).toString(16).padStart(2, "0");
}
