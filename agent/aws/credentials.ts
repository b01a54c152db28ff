import * as z from "zod";
import { entries, type Metadata } from "./metadata.ts";

/** Keys of the instance's role, as aws4 takes them. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

export interface CredentialSource {
  /** Rejects where the instance has no role, or the metadata service does not answer. */
  current(): Promise<Credentials>;
  /** The API refused them: the next call reads them again. */
  refused(): void;
}

/** What the metadata service answers; a role that cannot be assumed has another code and no keys. */
const Answer = z.object({
  Code: z.literal("Success"),
  AccessKeyId: z.string().min(1),
  SecretAccessKey: z.string().min(1),
  Token: z.string().min(1),
  Expiration: z.iso.datetime(),
});

const folder = "iam/security-credentials/";
/** AWS has the next keys ready five minutes before the old ones expire. */
const renewBeforeMs = 300_000;

/** The keys of the instance's role, kept until shortly before they expire. */
export function openCredentials(metadata: Metadata): CredentialSource {
  let kept: { readonly keys: Credentials; readonly expiresMs: number } | undefined;

  async function read(): Promise<Credentials> {
    const [role] = entries(await metadata.read(folder));
    if (role === undefined)
      throw new Error("this instance has no IAM role: give it the instance profile of its stack");
    const answer = Answer.safeParse(json(await metadata.read(`${folder}${role}`)));
    if (!answer.success)
      throw new Error(
        `the metadata service has no keys of the role ${role}: see whether EC2 may assume the role`,
      );
    const { AccessKeyId, SecretAccessKey, Token, Expiration } = answer.data;
    const keys = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token };
    kept = { keys, expiresMs: Date.parse(Expiration) };
    return keys;
  }

  return {
    current: async () => {
      const before = kept;
      const leftMs = before === undefined ? 0 : before.expiresMs - Date.now();
      if (before !== undefined && leftMs > renewBeforeMs) return before.keys;
      try {
        return await read();
      } catch (error) {
        if (before !== undefined && leftMs > 0) return before.keys;
        throw error;
      }
    },
    refused: () => {
      kept = undefined;
    },
  };
}

function json(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
