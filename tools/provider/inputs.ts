import { specialArchiveSig, specialAssetSig, specialSigKey } from "@pulumi/pulumi/runtime/rpc.js";
import * as z from "zod";

const Logging = z.enum(["stdout", "stderr", "stdoutAndStderr", "none"]);
export type Logging = z.infer<typeof Logging>;

const text = z.string().optional();
const environment = z.record(z.string(), z.string()).optional();
const triggers = z.array(z.unknown()).optional();

/** Defaults as the SDK documents them: it fills them in itself, but other programs may not. */
const Login = z.strictObject({
  host: z.string(),
  port: z.number().default(22),
  user: z.string().default("root"),
  password: text,
  privateKey: text,
  privateKeyPassword: text,
  agentSocketPath: text,
  /** One public key as in an `authorized_keys` line; without it, any key is accepted. */
  hostKey: text,
  /** How many dials may fail; -1: any number. */
  dialErrorLimit: z.number().default(10),
  /** Seconds until one dial counts as failed, handshake included; 0: never. */
  perDialTimeout: z.number().default(15),
});
export type Login = z.infer<typeof Login>;

const Connection = z.strictObject({
  ...Login.shape,
  /** The bastion through which the host is reached. */
  proxy: Login.optional(),
});
export type Connection = z.infer<typeof Connection>;

const commandInputs = {
  create: text,
  update: text,
  delete: text,
  triggers,
  stdin: text,
  environment,
  logging: Logging.optional(),
  addPreviousOutputInEnv: z.boolean().optional(),
};

export const LocalCommandInputs = z.strictObject({
  ...commandInputs,
  dir: text,
  interpreter: z.array(z.string()).optional(),
});
export type LocalCommandInputs = z.infer<typeof LocalCommandInputs>;

export const RemoteCommandInputs = z.strictObject({ ...commandInputs, connection: Connection });
export type RemoteCommandInputs = z.infer<typeof RemoteCommandInputs>;

const Source = z
  .looseObject({
    [specialSigKey]: z.enum([specialAssetSig, specialArchiveSig]),
    hash: z.string().default(""),
    path: text,
    text,
  })
  .transform(({ [specialSigKey]: signature, hash, path, text: content }, check) => {
    if (path) return { path, hash };
    if (signature === specialAssetSig && content !== undefined) return { text: content, hash };
    check.addIssue(
      signature === specialAssetSig
        ? "asset must be a path-based file asset or a text asset"
        : "archive must be a path to a file or directory",
    );
    return z.NEVER;
  });
export type Source = z.infer<typeof Source>;

export const CopyToRemoteInputs = z.strictObject({
  connection: Connection,
  remotePath: z.string(),
  source: Source,
  triggers,
});
export type CopyToRemoteInputs = z.infer<typeof CopyToRemoteInputs>;

/** What a copy is compared with; of the old source, the engine may keep only the hash. */
export const PreviousCopy = z.object({ remotePath: z.string(), source: z.object({ hash: text }) });
