import { Agent } from "node:https";
import { messageOf } from "../../base/failure.ts";
import type { WeightedTarget } from "../../contract/routes/route.ts";
import type { UpdatesConfig } from "../../contract/updates/config.ts";
import { nodesIn } from "../../contract/updates/nodeList.ts";
import { type Answer, AnswerFault, request } from "../host/request.ts";
import { UpdateProblem } from "./problem.ts";

/** What 32 nodes take, a hundred times over. */
const maxBytes = 1024 * 1024;
/** A longer ETag is not sent back. */
const longestTag = 1000;

/** A well-formed list. */
export interface NodeList {
  /** The service's tag of it (RFC 9110, 8.8.3); null where it sends none. */
  readonly etag: string | null;
  readonly targets: readonly WeightedTarget[];
}

/** Asks the service once. Resolves to null where its list is still that of the tag. Rejects with an UpdateProblem. */
export type FetchList = (etag: string | null, signal: AbortSignal) => Promise<NodeList | null>;

/** Each question has a connection of its own, and no redirect is followed. */
export function openFetch({
  url: text,
  apiKey,
  ca,
  timeoutMs,
}: Pick<UpdatesConfig, "url" | "apiKey" | "ca" | "timeoutMs">): FetchList {
  const url = new URL(text);
  const agent = url.protocol === "https:" && ca !== undefined ? new Agent({ ca }) : undefined;
  return async (etag, signal) => {
    const headers = {
      accept: "application/json",
      authorization: `Bearer ${apiKey}`,
      "user-agent": "hapair",
      ...(etag !== null && { "if-none-match": etag }),
    };
    const limits = { timeoutMs, maxBytes, signal, ...(agent && { agent }) };
    const answer = await request(url, { headers, ...limits }).catch((error: unknown) => {
      throw unanswered(error, url);
    });
    if (answer.status === 304 && etag !== null) return null;
    return listOf(answer);
  };
}

function unanswered(error: unknown, { host }: URL): UpdateProblem {
  const words = messageOf(error);
  const fault = error instanceof AnswerFault ? error.fault : undefined;
  return new UpdateProblem(fault ?? "unreachable", fault === undefined ? `${host}: ${words}` : words);
}

/** @throws UpdateProblem where the answer has no list */
function listOf({ status, headers, text }: Answer): NodeList {
  if (status === 401 || status === 403)
    throw new UpdateProblem("unauthorized", `status ${status}: see the secret updates.PAIR.apiKey`);
  if (status >= 300 && status < 400 && status !== 304)
    throw new UpdateProblem("redirect", `status ${status}: set edge.updates.url to where the list is`);
  if (status !== 200) throw new UpdateProblem("status", `status ${status}`);
  const found = nodesIn(parsed(text));
  if ("field" in found) throw new UpdateProblem("bad-list", `${found.field}: ${found.message}`);
  const { etag } = headers;
  return { etag: etag !== undefined && etag.length <= longestTag ? etag : null, targets: found };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words have a part of the text.
    throw new UpdateProblem("not-json", `${Buffer.byteLength(text)} bytes that no JSON parser takes`);
  }
}
