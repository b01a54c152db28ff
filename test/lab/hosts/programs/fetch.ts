import { text } from "node:stream/consumers";
import * as z from "zod";
import type { Page } from "../application.ts";

/** Requests the page that stdin names and prints it as JSON. Every user can read command lines, so it is stdin. */
const Request = z.strictObject({ url: z.string(), credentials: z.optional(z.string()) });

const { url, credentials } = Request.parse(JSON.parse(await text(process.stdin)));
const headers: Record<string, string> = credentials
  ? { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` }
  : {};
const response = await fetch(url, { headers, signal: AbortSignal.timeout(5000) });
const page = {
  status: response.status,
  type: response.headers.get("content-type") ?? "",
  body: await response.text(),
};
console.log(JSON.stringify(page satisfies Page));
