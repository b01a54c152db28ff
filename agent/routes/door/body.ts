import type { IncomingMessage } from "node:http";
import { messageOf } from "../../../base/failure.ts";
import { printable } from "../../../base/printable.ts";
import { hasUnusableKey, unusableKeyWords } from "../../../base/unusableKey.ts";
import { RouteProblem } from "../problem.ts";

/** Objects and lists inside one another; a transaction has five. */
const deepest = 16;

/**
 * The whole body of a request. Rejects with a RouteProblem where it is larger than `maxBytes`, and with an Error where the
 * client goes away.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  const tooLarge = () =>
    new RouteProblem("too-large", `The body has more than ${maxBytes} bytes: send fewer changes at a time.`);
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge();
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBytes) throw tooLarge();
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** A JSON text as a value. Throws a RouteProblem. */
export function parseJson(text: string): unknown {
  if (depthOf(text) > deepest)
    throw new RouteProblem(
      "bad-request",
      `The body has more than ${deepest} objects and lists in one another.`,
    );
  const value = parsed(text);
  if (hasUnusableKey(value)) throw new RouteProblem("bad-request", `The body ${unusableKeyWords}.`);
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // It quotes the body.
    const reason = printable(messageOf(error).slice(0, 100));
    throw new RouteProblem("bad-request", `The body is not JSON (${reason}).`);
  }
}

/** How deep brackets are in one another, outside of strings. Of a text that is not JSON any number. */
function depthOf(text: string): number {
  let depth = 0;
  let most = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (isInString) {
      if (character === "\\") at += 1;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === "[" || character === "{") most = Math.max(most, ++depth);
    else if (character === "]" || character === "}") depth -= 1;
  }
  return most;
}
