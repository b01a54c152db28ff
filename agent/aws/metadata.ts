import { Agent } from "node:http";
import { type Answer, request } from "../host/request.ts";

/** The instance metadata service, version 2 (EC2 User Guide, "Use IMDS"). */
export interface Metadata {
  /** The text at a path below `/latest/meta-data/`; undefined where there is none. Rejects where no answer came. */
  read(path: string): Promise<string | undefined>;
}

const timeoutMs = 1000;
const maxBytes = 64 * 1024;
const tokenTtlS = 21_600;
/** A token is renewed early: one that expires in the middle of a move would cost a second exchange. */
const renewBeforeMs = 300_000;

const defaultBase = "http://169.254.169.254";

export function openMetadata(base: string = defaultBase): Metadata {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  let token: { readonly text: string; readonly untilMs: number } | undefined;

  async function newToken(): Promise<string> {
    const { status, text } = await request(new URL("/latest/api/token", base), {
      method: "PUT",
      headers: { "x-aws-ec2-metadata-token-ttl-seconds": tokenTtlS, "content-length": 0 },
      ...{ timeoutMs, maxBytes, agent },
    });
    if (status !== 200) throw new Error(`the metadata service answers ${status} to a request for a token`);
    token = { text, untilMs: performance.now() + tokenTtlS * 1000 - renewBeforeMs };
    return text;
  }

  async function ask(path: string): Promise<Answer> {
    const known = token !== undefined && performance.now() < token.untilMs ? token.text : await newToken();
    return request(new URL(`/latest/meta-data/${path}`, base), {
      headers: { "x-aws-ec2-metadata-token": known },
      ...{ timeoutMs, maxBytes, agent },
    });
  }

  return {
    read: async (path) => {
      let answer = await ask(path);
      if (answer.status === 401) {
        token = undefined;
        answer = await ask(path);
      }
      if (answer.status === 404) return undefined;
      if (answer.status !== 200)
        throw new Error(`the metadata service answers ${answer.status} for ${path.split("/", 2).join("/")}`);
      return answer.text;
    },
  };
}

/** The entries of a metadata text: one a line. */
export function entries(text: string | undefined): readonly string[] {
  return (text ?? "").split(/\s+/).filter((line) => line !== "");
}
