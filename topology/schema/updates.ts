import * as z from "zod";
import { HostName, RouteOptions } from "../../contract/routes/route.ts";
import { Certificates } from "./database.ts";
import { Milliseconds } from "./fields.ts";

/** A service that names the nodes of one route of the edge. */

const ServiceUrl = z
  .string()
  .max(2000, "expected at most 2000 characters")
  .superRefine((text, context) => {
    const problem = urlProblem(text);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  });

function urlProblem(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    return "expected a URL of https (or http) such as https://updates.example.com/nodes";
  if (url.username !== "" || url.password !== "")
    return "has a user or a password: the key is the secret `updates.PAIR.apiKey`";
  return url.hash === "" ? undefined : "has a fragment, which no service sees: remove it";
}

export const Updates = z
  .strictObject({
    url: ServiceUrl.describe(
      "where the list of nodes is (`WS_UPDATES_URL`); its key is the secret `updates.PAIR.apiKey` (`API_KEY`)",
    ),
    host: HostName.describe(
      "host name of the route that leads to these nodes; as a label of `edge.domains`, too",
    ),
    intervalS: z
      .int()
      .min(1)
      .max(86_400)
      .default(30)
      .describe("each node of the pair asks so often (`UPDATE_INTERVAL`), a tenth earlier or later, s"),
    timeoutMs: Milliseconds.default(5000).describe("for one whole answer of the service, ms"),
    confirmAfter: z
      .int()
      .min(2)
      .max(1000)
      .default(3)
      .describe(
        "an empty list, or one with half of the nodes or fewer, is followed once it has come so many times in a row",
      ),
    allowHttp: z
      .boolean()
      .default(false)
      .describe("whether the key may be sent without TLS to another than a private address"),
    ca: z
      .optional(Certificates)
      .describe("authorities of the service's certificate, PEM; default those that Debian trusts"),
    options: RouteOptions.prefault({}).describe("the route's options, as `check`"),
  })
  .describe("a service names the nodes of one route ([node updates](docs/updates.md)); needs `routes`");

export type Updates = z.output<typeof Updates>;
