import { randomBytes } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Account, NetworkInterface } from "./account.ts";
import type { RoleKeys } from "./credentials.ts";

const role = "hapair";
const maxTokenS = 21_600;
const keysLastMs = 6 * 3600_000;

export interface MetadataOptions {
  readonly account: Account;
  readonly keys: RoleKeys;
  readonly isDown: (machine: string) => boolean;
  /** The interface that asks, by the source address of its packets, which the VPC has checked. */
  readonly asker: (request: IncomingMessage) => NetworkInterface | undefined;
}

/** The instance metadata service, version 2 alone (EC2 User Guide, "Use IMDS"), for every instance. */
export function instanceMetadata({ account, keys, isDown, asker }: MetadataOptions): RequestListener {
  /** Epoch ms until which a token counts, by token and instance. */
  const tokens = new Map<string, number>();

  function newToken(own: NetworkInterface, request: IncomingMessage, response: ServerResponse): void {
    const ttl = Number(request.headers["x-aws-ec2-metadata-token-ttl-seconds"]);
    // A token does not pass a proxy.
    const isForwarded = request.headers["x-forwarded-for"] !== undefined;
    if (isForwarded || !(ttl >= 1 && ttl <= maxTokenS)) {
      end(response, isForwarded ? 403 : 400);
      return;
    }
    const token = randomBytes(40).toString("base64url");
    tokens.set(`${own.id} ${token}`, Date.now() + ttl * 1000);
    response.setHeader("x-aws-ec2-metadata-token-ttl-seconds", ttl);
    end(response, 200, token);
  }

  function isKnown(own: NetworkInterface, { headers }: IncomingMessage): boolean {
    return (tokens.get(`${own.id} ${headers["x-aws-ec2-metadata-token"]}`) ?? 0) > Date.now();
  }

  return (request, response) => {
    const own = asker(request);
    if (own === undefined) return void request.socket.destroy();
    // The caller's own deadline ends it.
    if (isDown(own.machine)) return;
    if (request.method === "PUT" && request.url === "/latest/api/token")
      return newToken(own, request, response);
    if (request.method !== "GET") return end(response, 405);
    if (!isKnown(own, request)) return end(response, 401);
    const path = /^\/latest\/meta-data\/(.*)$/.exec(request.url ?? "")?.[1] ?? "";
    const text = textsOf(own, account, keys)[path];
    end(response, text === undefined ? 404 : 200, text);
  };
}

/** Every text of an instance by its path; what is absent has none. */
function textsOf(
  own: NetworkInterface,
  account: Account,
  keys: RoleKeys,
): Readonly<Record<string, string | undefined>> {
  const folder = `network/interfaces/macs/${own.mac}/`;
  const { secondary, elastic } = account.delivered(own);
  const publicAddresses = elastic.map(({ address }) => address).join("\n") || undefined;
  return {
    "instance-id": own.instanceId,
    mac: own.mac,
    "local-ipv4": own.address,
    "placement/region": account.spec.region,
    "placement/availability-zone": `${account.spec.region}a`,
    "network/interfaces/macs/": `${own.mac}/`,
    [`${folder}interface-id`]: own.id,
    [`${folder}subnet-ipv4-cidr-block`]: account.spec.cidr,
    [`${folder}local-ipv4s`]: [own.address, ...secondary].join("\n"),
    [`${folder}public-ipv4s`]: publicAddresses,
    [`${folder}ipv4-associations/`]: publicAddresses,
    ...Object.fromEntries(
      elastic.map(({ address, association }) => [
        `${folder}ipv4-associations/${address}`,
        association?.privateAddress,
      ]),
    ),
    ...(own.policy && {
      "iam/security-credentials/": role,
      [`iam/security-credentials/${role}`]: credentialsOf(own, keys),
    }),
  };
}

function credentialsOf({ machine }: NetworkInterface, keys: RoleKeys): string {
  const { id, secret, token } = keys.of(machine);
  const time = (ms: number) => new Date(ms).toISOString().replace(/\.\d+/, "");
  return JSON.stringify({
    Code: "Success",
    LastUpdated: time(Date.now()),
    Type: "AWS-HMAC",
    AccessKeyId: id,
    SecretAccessKey: secret,
    Token: token,
    Expiration: time(Date.now() + keysLastMs),
  });
}

function end(response: ServerResponse, status: number, text = ""): void {
  response.writeHead(status, { "content-type": "text/plain", server: "EC2ws" }).end(text);
}
