import { Failure } from "../../base/failure.ts";

/**
 * `credentials`: AWS accepts none that there are. `denied`: they may not do this. `absent`: there is no such thing.
 * `region`: there is no such region, or this account does not use it. `unavailable`: no answer that means something.
 * `refused`: everything else that AWS says of a request.
 */
export type AwsTrouble = "credentials" | "denied" | "absent" | "region" | "unavailable" | "refused";

/** A request to AWS that failed. */
export class AwsFailure extends Failure {
  readonly trouble: AwsTrouble;
  /** AWS's own word, such as `InvalidVpcID.NotFound`. */
  readonly code: string;

  constructor(trouble: AwsTrouble, code: string, message: string) {
    super(message);
    this.trouble = trouble;
    this.code = code;
  }
}

const logIn = "log in (aws sso login, or aws configure), or set AWS_PROFILE to a profile that is logged in";

/** @param reason of the chain of credentials, in its own words */
export function noCredentials(reason: string): AwsFailure {
  return new AwsFailure(
    "credentials",
    "NoCredentials",
    `there are no credentials of AWS (${reason}): ${logIn}`,
  );
}

/** As the names of hosts do not exist: AWS has some in each of its regions. */
export function noRegion(region: string, host: string): AwsFailure {
  return new AwsFailure(
    "region",
    "NoRegion",
    `AWS has no region ${region} (${host} does not exist): correct ec2.region; where it is right, see whether this machine resolves names`,
  );
}

export function noAnswer(host: string, reason: string): AwsFailure {
  return new AwsFailure(
    "unavailable",
    "NoAnswer",
    `${host} does not answer (${reason}): see this machine's network`,
  );
}

const credentialCodes = new Set([
  ...["AuthFailure", "ExpiredToken", "ExpiredTokenException", "IncompleteSignature", "InvalidClientTokenId"],
  ...["InvalidSignatureException", "MissingAuthenticationToken", "RequestExpired", "SignatureDoesNotMatch"],
  ...["UnrecognizedClientException"],
]);
const deniedCodes = /^(UnauthorizedOperation|AccessDenied(Exception)?|NotAuthorized)$/;
const absentCodes = /\.(NotFound|Malformed|Unavailable)$|^(NoSuchEntity|NoSuchResourceException)$/;
const busyCodes =
  /^(RequestLimitExceeded|Throttl|TooManyRequests|InternalError|InternalFailure|ServiceUnavailable|Unavailable$)/;

/** The failure that an answer other than 200 means. */
export function failureOf(
  { action, host, status }: { readonly action: string; readonly host: string; readonly status: number },
  code = `HTTP${status}`,
  said = "no reason given",
): AwsFailure {
  // What follows is for AWS's own STS to decode.
  const why = said.split(" Encoded authorization failure message", 1)[0]?.trim().replace(/\.$/, "");
  if (credentialCodes.has(code))
    return new AwsFailure("credentials", code, `AWS accepts no credentials (${code}: ${why}): ${logIn}`);
  if (deniedCodes.test(code))
    return new AwsFailure(
      "denied",
      code,
      `${action} is not allowed (${code}): add it to the policy of who runs this`,
    );
  if (absentCodes.test(code)) return new AwsFailure("absent", code, `${code}: ${why}`);
  const busy = status >= 500 || status === 429 || busyCodes.test(code);
  return new AwsFailure(
    busy ? "unavailable" : "refused",
    code,
    `${host} answers ${action} with ${code}: ${why}`,
  );
}
