import * as z from "zod";
import { HostName, mostTargets, TargetUrl, Weight, type WeightedTarget } from "../routes/route.ts";

/** The list of nodes as the service answers it: a JSON array, or an object that has it as `nodes`. */

/** A WebSocket's URL names the same target as the one for HTTP does. */
const NodeUrl = z
  .string()
  .transform((text) => text.replace(/^ws(s?):\/\//i, "http$1://"))
  .pipe(TargetUrl)
  .transform((text) => new URL(text).origin);

const NodePort = z.int("expected a port, 1 to 65535").min(1).max(65_535);

/** Further keys of a node, such as its name or region, are the service's own. */
const Node = z
  .object({
    url: z.optional(NodeUrl),
    address: z.optional(HostName),
    port: z.optional(NodePort),
    weight: Weight,
  })
  .transform(({ url, address, port, weight }, context): WeightedTarget => {
    const say = (message: string, ...path: string[]) => {
      context.addIssue({ code: "custom", message, path });
      return z.NEVER;
    };
    if (url !== undefined)
      return address === undefined && port === undefined
        ? { url, weight }
        : say("stands beside address or port: send either url, or address and port", "url");
    if (address === undefined) return say("is missing: send url, or address and port", "url");
    if (port === undefined) return say("is missing: a node with an address has a port", "port");
    const written = NodeUrl.safeParse(`http://${address}:${port}`);
    return written.success
      ? { url: written.data, weight }
      : say("is no host name or IPv4 address", "address");
  });

const Nodes = z
  .array(z.preprocess((node) => (typeof node === "string" ? { url: node } : node), Node))
  .max(mostTargets, `expected at most ${mostTargets} nodes: a route has no more targets`)
  .superRefine((nodes, context) => {
    const say = (message: string, ...path: (string | number)[]) =>
      context.addIssue({ code: "custom", message, path });
    const urls = nodes.map(({ url }) => url);
    for (const [place, url] of urls.entries())
      if (urls.indexOf(url) < place) say("is in the list already: send each node once", place);
    if (nodes.length > 0 && nodes.every(({ weight }) => weight === 0))
      say("has no node with a weight above 0");
  });

const Wrapped = z.object({ nodes: Nodes });

/** What is wrong with a list: the sentence names the field, such as `nodes.2.port`. */
export interface ListFault {
  readonly field: string;
  readonly message: string;
}

/** The targets that a parsed answer names, in its order, or what is wrong with it. Never throws. */
export function nodesIn(answer: unknown): readonly WeightedTarget[] | ListFault {
  const isList = Array.isArray(answer);
  const { success, data, error } = isList ? Nodes.safeParse(answer) : Wrapped.safeParse(answer);
  if (success) return Array.isArray(data) ? data : data.nodes;
  const { path = [], message = "is no list of nodes" } = error.issues[0] ?? {};
  return { field: path.join(".") || (isList ? "the list" : "the answer"), message };
}
