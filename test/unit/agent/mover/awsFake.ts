import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { signatureFault } from "../../../../lab/vpc/api/signature.ts";
import { type Listening, listening } from "../egress/probeFixtures.ts";

export type InterfaceName = "a" | "b";

interface Interface {
  readonly id: string;
  readonly mac: string;
  readonly own: string;
  addresses: string[];
  /** Elastic IPs, by the private address that they lead to. */
  elastic: Map<string, string>;
}

export const region = "eu-central-1";
export const elasticIp = "198.51.100.7";
export const allocationId = "eipalloc-0a";
export const overlay = "10.99.0.1";

/** Answers in the place of EC2; undefined leaves the request to it. */
type Fault = (request: IncomingMessage, response: ServerResponse, action: string) => unknown;

/**
 * EC2's wire format for two interfaces with 127.0.0.2 and 127.0.0.3: the calls of the mover, with the signature checked,
 * and each instance's metadata.
 */
export class Aws implements AsyncDisposable {
  readonly interfaces: Readonly<Record<InterfaceName, Interface>> = {
    a: interfaceOf("eni-0a", "02:00:00:00:00:14", "127.0.0.2"),
    b: interfaceOf("eni-0b", "02:00:00:00:00:15", "127.0.0.3"),
  };
  /** Interface of the overlay's route, by table. */
  readonly routes = new Map<string, string>();
  readonly keys = { id: "ASIAROLE", secret: "very/secret+key", token: "session/token==" };
  /** What metadata says of the keys; others than `keys` are refused. */
  shown: { id: string; secret: string; token: string } = { ...this.keys };
  expiresInS = 6 * 3600;
  role: string | null = "hapair";
  code = "Success";
  /** From acceptance to effect. */
  effectMs = 0;
  /** Accepted moves whose effect waits for `takeEffect`; undefined where none waits. */
  #pending: (() => void)[] | undefined;
  fault: Fault | undefined;
  /** Every accepted or refused call: its parameters. */
  readonly calls: URLSearchParams[] = [];
  readonly metadataReads: string[] = [];
  metadataToken = "token-1";
  metadataIsUp = true;
  /** Metadata in the place of the right one: null where there is none, undefined to leave it as it is. */
  metadataFault: ((name: string) => string | null | undefined) | undefined;
  /** Route tables that are not there any more. */
  readonly deleted = new Set<string>();
  #healed: Promise<void> | undefined;
  #heal = (): void => {};
  #servers: Listening[] = [];
  #api: Listening | undefined;

  get endpoint(): string {
    return `http://127.0.0.1:${this.#api?.port}`;
  }

  static async open(): Promise<Aws> {
    const aws = new Aws();
    aws.#api = await listening(createServer((request, response) => void aws.#answer(request, response)));
    return aws;
  }

  /** The metadata service of an instance; its URL. */
  async metadata(name: InterfaceName): Promise<string> {
    const server = await listening(
      createServer((request, response) => this.#metadata(this.interfaces[name], request, response)),
    );
    this.#servers.push(server);
    return `http://127.0.0.1:${server.port}`;
  }

  /** From now on what is accepted has no effect until `takeEffect`. */
  hold(): void {
    this.#pending = [];
  }

  takeEffect(): void {
    for (const effect of this.#pending ?? []) effect();
    this.#pending = undefined;
  }

  /** From now on requests arrive when `heal` is called, whether or not anybody still waits: TCP repeats them. */
  cut(): void {
    this.#healed = new Promise((resolve) => {
      this.#heal = resolve;
    });
  }

  heal(): void {
    this.#heal();
    this.#healed = undefined;
  }

  /** Which actions were called, each once. */
  actions(): readonly string[] {
    return [...new Set(this.calls.map((call) => call.get("Action") ?? ""))];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of [this.#api, ...this.#servers]) await server?.[Symbol.asyncDispose]();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const part of request) body += String(part);
    await this.#healed;
    const parameters = new URLSearchParams(body);
    const action = parameters.get("Action") ?? "";
    // As the real one answers a request without a signature.
    if (request.method !== "POST")
      return void response.writeHead(301, { location: "https://aws.amazon.com/" }).end();
    if ((await this.fault?.(request, response, action)) !== undefined) return;
    const fault = signatureFault(request, body, this.keys);
    if (fault !== null)
      return refuse(response, 401, fault, "AWS was not able to validate the provided access credentials");
    this.calls.push(parameters);
    const deleted = tablesOf(parameters).find((id) => this.deleted.has(id));
    if (deleted !== undefined)
      return refuse(
        response,
        400,
        "InvalidRouteTableID.NotFound",
        `The routeTable ID '${deleted}' does not exist`,
      );
    const inner = this.#act(action, parameters);
    if (inner === undefined) return refuse(response, 400, "InvalidParameterValue", `of ${action}`);
    response.writeHead(200, { "content-type": "text/xml;charset=UTF-8" });
    response.end(
      `<?xml version="1.0" encoding="UTF-8"?>\n<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>0</requestId>${inner}</${action}Response>`,
    );
  }

  #act(action: string, parameters: URLSearchParams): string | undefined {
    const text = (name: string) => parameters.get(name) ?? "";
    const all = Object.values(this.interfaces);
    const to = all.find(({ id }) => id === text("NetworkInterfaceId"));
    if (action === "DescribeRouteTables") return this.#describe(parameters);
    if (to === undefined) return undefined;
    const later = (effect: () => void) =>
      this.#pending === undefined ? setTimeout(effect, this.effectMs) : this.#pending.push(effect);
    if (action === "AssignPrivateIpAddresses") {
      const address = text("PrivateIpAddress.1");
      if (text("AllowReassignment") !== "true") return undefined;
      later(() => {
        for (const one of all) one.addresses = one.addresses.filter((other) => other !== address);
        to.addresses.push(address);
      });
      return "<return>true</return>";
    }
    if (action === "AssociateAddress") {
      if (text("AllocationId") !== allocationId || text("AllowReassociation") !== "true") return undefined;
      later(() => {
        for (const one of all) one.elastic.clear();
        to.elastic.set(text("PrivateIpAddress"), elasticIp);
      });
      return "<return>true</return><associationId>eipassoc-0a</associationId>";
    }
    if (action !== "ReplaceRoute" || text("DestinationCidrBlock") !== `${overlay}/32`) return undefined;
    later(() => this.routes.set(text("RouteTableId"), to.id));
    return "<return>true</return>";
  }

  #describe(parameters: URLSearchParams): string {
    const route = (destination: string, target: string) =>
      `<item><destinationCidrBlock>${destination}</destinationCidrBlock>${target}<state>active</state><origin>CreateRoute</origin></item>`;
    return `<routeTableSet>${tablesOf(parameters)
      .map((id) => {
        const overlayRoute = `<networkInterfaceId>${this.routes.get(id)}</networkInterfaceId>`;
        return `<item><routeTableId>${id}</routeTableId><routeSet>${route("10.0.0.0/16", "<gatewayId>local</gatewayId>")}${route("10.98.0.1/32", "<networkInterfaceId>eni-0a</networkInterfaceId>")}${route(`${overlay}/32`, overlayRoute)}</routeSet><associationSet><item><routeTableId>${id}</routeTableId><main>true</main></item></associationSet></item>`;
      })
      .join("")}</routeTableSet>`;
  }

  #metadata(own: Interface, request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? "";
    if (!this.metadataIsUp) return void request.socket.destroy();
    if (request.method === "PUT" && path === "/latest/api/token")
      return void response.end(this.metadataToken);
    if (request.headers["x-aws-ec2-metadata-token"] !== this.metadataToken)
      return void response.writeHead(401).end();
    const name = path.replace("/latest/meta-data/", "");
    this.metadataReads.push(name);
    const fault = this.metadataFault?.(name);
    const text = fault === undefined ? this.#texts(own)[name] : fault;
    response.writeHead(text === undefined || text === null ? 404 : 200).end(text);
  }

  #texts({ id, mac, own, addresses, elastic }: Interface): Readonly<Record<string, string | undefined>> {
    const folder = `network/interfaces/macs/${mac}/`;
    const leads = [...elastic].map(([to, address]) => [`${folder}ipv4-associations/${address}`, to]);
    const expires = new Date(Date.now() + this.expiresInS * 1000).toISOString().replace(/\.\d+/, "");
    const { id: AccessKeyId, secret: SecretAccessKey, token: Token } = this.shown;
    const keys = {
      Code: this.code,
      Type: "AWS-HMAC",
      AccessKeyId,
      SecretAccessKey,
      Token,
      Expiration: expires,
    };
    return {
      "iam/security-credentials/": this.role ?? undefined,
      "iam/security-credentials/hapair": JSON.stringify(keys),
      // The interface of a container on the same instance stands before ours.
      "network/interfaces/macs/": `02:00:00:00:00:01/\n${mac}/`,
      "network/interfaces/macs/02:00:00:00:00:01/interface-id": "eni-other",
      "network/interfaces/macs/02:00:00:00:00:01/local-ipv4s": "10.0.9.9",
      [`${folder}interface-id`]: id,
      [`${folder}local-ipv4s`]: [own, ...addresses].join("\n"),
      [`${folder}public-ipv4s`]: elastic.size > 0 ? [...elastic.values()].join("\n") : undefined,
      [`${folder}ipv4-associations/`]: elastic.size > 0 ? [...elastic.values()].join("\n") : undefined,
      ...Object.fromEntries(leads),
    };
  }
}

/** EC2's own form of an error. */
export function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { "content-type": "text/xml;charset=UTF-8" });
  response.end(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>0</RequestID></Response>`,
  );
}

function tablesOf(parameters: URLSearchParams): readonly string[] {
  return [...parameters].filter(([key]) => key.startsWith("RouteTableId")).map(([, id]) => id);
}

function interfaceOf(id: string, mac: string, own: string): Interface {
  return { id, mac, own, addresses: [], elastic: new Map() };
}
