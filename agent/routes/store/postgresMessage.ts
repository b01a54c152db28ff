import { createHash, timingSafeEqual } from "node:crypto";
import * as z from "zod";
import { NumberedChange, Version } from "./postgresAnswers.ts";

/** Changes that follow on a position, and bring the table to the version of the last one. */
const News = z.object({ after: Version, mark: z.string(), changes: z.array(NumberedChange) });
export type News = z.output<typeof News>;

/** A notification to all nodes: the table has this version, and by which changes where they are few; or a node has it. */
const Message = z.object({
  version: Version,
  /** Process id of the database's that has sent it. */
  sender: z.int(),
  node: z.optional(z.string()),
  // Those that this version of hapair does not know are read, which says so.
  news: z.optional(News).catch(undefined),
});
export type Message = z.output<typeof Message>;

const sealing = /^(.+), "check": "([0-9a-f]{64})"\}$/s;

/** A message as `hapair_routes.sealed` makes it. */
export function sealed(message: Message, key: Buffer): string {
  const text = JSON.stringify(message);
  return `${text.slice(0, -1)}, "check": "${checkOf(text, key).toString("hex")}"}`;
}

/**
 * @param sender as the database itself says
 * @returns undefined where the message is not of somebody who has the key, or somebody else repeats it
 */
export function opened(payload: string, key: Buffer, sender: number): Message | undefined {
  const [, open = "", check = ""] = sealing.exec(payload) ?? [];
  const text = `${open}}`;
  if (check === "" || !timingSafeEqual(checkOf(text, key), Buffer.from(check, "hex"))) return undefined;
  const message = Message.safeParse(JSON.parse(text)).data;
  return message?.sender === sender ? message : undefined;
}

function checkOf(text: string, key: Buffer): Buffer {
  const digest = createHash("sha256").update(text).digest();
  return createHash("sha256").update(key).update(digest).digest();
}
