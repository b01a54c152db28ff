import { Agent, request } from "node:https";
import { checkServerIdentity } from "node:tls";
import { access, type RoutesLab } from "./routesLab.ts";

/** One request to the API on the virtual address, as it is. */
export function askApi(
  lab: RoutesLab,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly body: unknown }> {
  const { url, ca, serverName } = access(lab).outside;
  const identity = (_: string, certificate: Parameters<typeof checkServerIdentity>[1]) =>
    checkServerIdentity(serverName, certificate);
  const keeping = new Agent({ ca, checkServerIdentity: identity });
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, { headers, agent: keeping }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part) => {
        text += part;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    });
    sent.setTimeout(10_000, () => sent.destroy(new Error(`no answer to ${path}`)));
    sent.on("error", reject).end();
  });
}
