/**
 * `credentials`: new ones may be accepted at once. `refused`: the same request fails again until somebody mends its
 * cause. `unavailable`: the API, or the way to it, fails; the same request may work in a moment.
 */
export type Ec2Failure = "credentials" | "refused" | "unavailable";

/** A call of the EC2 API that failed. */
export class Ec2Error extends Error {
  readonly kind: Ec2Failure;
  /** AWS's own word, such as `UnauthorizedOperation`; for metrics, so of a bounded form. */
  readonly code: string;
  /** Where this host's own cap on requests forbids the call: the ms until it allows it. */
  readonly cappedMs: number | undefined;

  constructor(kind: Ec2Failure, code: string, message: string, cappedMs?: number) {
    super(message);
    this.kind = kind;
    this.cappedMs = cappedMs;
    this.code = /^[A-Za-z0-9.]{1,64}$/.test(code) ? code : "Malformed";
  }
}

/** EC2's codes for keys that it does not accept (EC2 API Reference, "Error codes for the Amazon EC2 API"). */
const credentialCodes: ReadonlySet<string> = new Set([
  ...["AuthFailure", "RequestExpired", "SignatureDoesNotMatch"],
  ...["ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "MissingAuthenticationToken"],
]);
const busyCodes =
  /^(RequestLimitExceeded|Throttling|RequestThrottled|InternalError|Unavailable|ServiceUnavailable)/;

/** The failure that an answer other than 200 means. */
export function failureOf(action: string, host: string, status: number, text: string): Ec2Error {
  const said = (tag: string) => new RegExp(`<${tag}>([^<]{1,300})`).exec(text)?.[1];
  const code = said("Code");
  if (status >= 300 && status < 400)
    return new Ec2Error(
      "refused",
      "Redirect",
      `${host} redirects ${action} (${status}): it is not the region's EC2 API`,
    );
  if (code === undefined)
    return new Ec2Error(
      status >= 500 || status === 429 ? "unavailable" : "refused",
      `HTTP${status}`,
      `${host} answers ${status} to ${action}`,
    );
  // AWS appends what only its STS can decode, other text every time: the log would repeat each failure.
  const why = (said("Message") ?? "no reason given").split(" Encoded authorization failure message", 1)[0];
  const message = `${action} fails with ${code}: ${why}${remedyOf(code)}`;
  if (credentialCodes.has(code)) return new Ec2Error("credentials", code, message);
  const busy = status >= 500 || status === 429 || busyCodes.test(code);
  return new Ec2Error(busy ? "unavailable" : "refused", code, message);
}

function remedyOf(code: string): string {
  if (code === "UnauthorizedOperation")
    return " (attach the policy that the stack renders to the instance's role)";
  if (credentialCodes.has(code)) return " (if it lasts, see the instance's role and this host's clock)";
  return code.endsWith(".NotFound") ? " (run `pulumi refresh` and `pulumi up` on the stack)" : "";
}
