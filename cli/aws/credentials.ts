import { messageOf } from "../../base/failure.ts";
import { noCredentials } from "./awsError.ts";

/** Keys of whoever runs the commands, as aws4 takes them. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/**
 * The operator's credentials, found as the engine's provider finds them: environment, profiles with roles and SSO,
 * processes, an instance's role.
 * @throws AwsFailure where there are none
 */
export async function operatorCredentials(): Promise<Credentials> {
  // Loaded here: other targets need none.
  const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
  try {
    return await defaultProvider()();
  } catch (error) {
    throw noCredentials(messageOf(error).split("\n")[0]?.replace(/\.$/, "") ?? "");
  }
}
