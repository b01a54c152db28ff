import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Signature Version 4 from its specification (IAM User Guide, "Create a signed AWS API request"); not the product's. */

/** Keys of a user, or of a role. */
interface Keys {
  readonly id: string;
  readonly secret: string;
  readonly token?: string;
}

/** Temporary keys of a role. */
export type TemporaryKeys = Required<Keys>;

/** For what a signature counts: one region, or any, and some services, or EC2. */
interface Accepted {
  readonly region?: string;
  readonly services?: readonly string[];
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();

const form =
  /^AWS4-HMAC-SHA256 Credential=(?<id>[^/]+)\/(?<day>\d{8})\/(?<region>[^/]+)\/(?<service>[^/]+)\/aws4_request, ?SignedHeaders=(?<signed>[^,]+), ?Signature=(?<signature>[0-9a-f]{64})$/;

/** The id of the keys that a request says it is signed with; undefined where it says none. */
export function signerOf(request: IncomingMessage): string | undefined {
  return form.exec(request.headers.authorization ?? "")?.groups?.id;
}

/** EC2's error code for a request to `/`; null where its signature is right. */
export function signatureFault(
  request: IncomingMessage,
  body: string,
  keys: Keys | undefined,
  { region: ownRegion, services = ["ec2"] }: Accepted = {},
): string | null {
  const {
    id,
    day = "",
    region = "",
    service = "",
    signed = "",
    signature,
  } = form.exec(request.headers.authorization ?? "")?.groups ?? {};
  if (signature === undefined) return "MissingAuthenticationToken";
  if (keys === undefined || id !== keys.id || request.headers["x-amz-security-token"] !== keys.token)
    return "AuthFailure";
  const names = signed.split(";");
  const needed = ["host", "x-amz-date", ...(keys.token === undefined ? [] : ["x-amz-security-token"])];
  const isElsewhere = !services.includes(service) || region !== (ownRegion ?? region);
  if (isElsewhere || needed.some((name) => !names.includes(name))) return "SignatureDoesNotMatch";
  const date = String(request.headers["x-amz-date"]);
  const at = Date.parse(date.replace(/^(....)(..)(..T..)(..)(..)Z$/, "$1-$2-$3:$4:$5Z"));
  if (!date.startsWith(day) || !(Math.abs(Date.now() - at) < 300_000)) return "RequestExpired";
  const headers = names.map((name) => `${name}:${String(request.headers[name]).trim().replace(/ +/g, " ")}`);
  const canonical = [request.method, "/", "", ...headers, "", signed, sha256(body)].join("\n");
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", date, scope, sha256(canonical)].join("\n");
  const key = [day, region, service, "aws4_request"].reduce<string | Buffer>(hmac, `AWS4${keys.secret}`);
  const wanted = hmac(key, text);
  return timingSafeEqual(wanted, Buffer.from(signature, "hex")) ? null : "SignatureDoesNotMatch";
}
