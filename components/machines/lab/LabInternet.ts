import * as pulumi from "@pulumi/pulumi";
import { type LabCertificate, masked } from "../../../render/secrets.ts";
import type { InternetHost } from "../../../topology/labInternet.ts";
import { HostDelivery, type HostDeliveryArgs } from "../../HostDelivery.ts";
import { madeOnce } from "../../madeOnce.ts";
import { parsePem } from "../../pem.ts";

export interface LabInternetArgs extends Omit<HostDeliveryArgs, "host" | "secrets"> {
  readonly host: InternetHost;
}

/** The machine that plays the internet of a lab: it serves the egress groups' targets and runs their proxies. */
export class LabInternet extends pulumi.ComponentResource {
  declare readonly delivery: HostDelivery;
  /** For its https sites: self-signed, so that it is its own authority. Secret. */
  declare readonly certificate: pulumi.Output<LabCertificate>;

  constructor(name: string, args: LabInternetArgs, opts?: pulumi.ComponentResourceOptions) {
    super("hapair:index:LabInternet", name, {}, opts);
    const { address } = args.host;
    // Named after its address: another address gets another certificate.
    const pem = madeOnce(`${name}-${address}-certificate`, makeCertificate(address), { parent: this });
    this.certificate = pem.apply((text) => parsePem(text, "the lab's certificate"));
    const secrets = this.certificate.apply((internet) => ({ ...masked(args.topology), internet }));
    this.delivery = new HostDelivery(args.host.name, { ...args, secrets }, { parent: this });
    this.registerOutputs({});
  }
}

/** Prints a key and its certificate, valid for ten years. openssl's messages go to standard error. */
function makeCertificate(address: string): string {
  return [
    ...["openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3650"],
    ...[`-subj '/CN=hapair lab internet' -addext subjectAltName=IP:${address} -keyout - -out -`],
  ].join(" ");
}
