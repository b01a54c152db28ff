import { get } from "node:http";
import { EgressPage } from "./egressPage.ts";

const maxBytes = 1024 * 1024;

/** What the loop of a node says of itself; rejects when no whole page came within timeoutMs. */
export function askPage(
  where: { readonly address: string; readonly port: number },
  timeoutMs: number,
): Promise<EgressPage> {
  return new Promise((resolve, reject) => {
    const request = get(
      {
        host: where.address,
        port: where.port,
        path: "/egress",
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
      },
      (response) => {
        const parts: Buffer[] = [];
        let bytes = 0;
        response.on("data", (part: Buffer) => {
          bytes += part.length;
          parts.push(part);
          if (bytes > maxBytes) request.destroy(new Error(`more than ${maxBytes} bytes`));
        });
        response.on("error", reject);
        response.on("end", () => {
          try {
            resolve(EgressPage.parse(JSON.parse(Buffer.concat(parts).toString("utf8"))));
          } catch (error) {
            reject(error);
          }
        });
      },
    );
    request.on("error", reject);
  });
}
