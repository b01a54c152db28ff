import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:net";
import { askPage } from "../../../agent/daemon/http.ts";
import { EgressPage } from "../../../contract/egressPage.ts";

const timeoutMs = 300;
/** Until a busy machine has told that the time is over. */
const graceMs = 2000;

/** A peer that answers whatever the test says. */
export class HostilePeer {
  readonly #server: Server;
  #answer = "";
  #closes = true;

  private constructor() {
    this.#server = createServer((socket) => {
      socket.on("error", () => {});
      if (this.#closes) socket.end(this.#answer);
      else socket.write(this.#answer);
    });
  }

  static async start(): Promise<HostilePeer> {
    const peer = new HostilePeer();
    peer.#server.listen(0, "127.0.0.1");
    await once(peer.#server, "listening");
    return peer;
  }

  /** How the agent takes an answer to its question for a page: as a page, or as none, in time. */
  readonly faultOfAnswer = async ({
    answer,
    closes,
  }: {
    readonly answer: string;
    readonly closes: boolean;
  }) => {
    this.#answer = answer;
    this.#closes = closes;
    const { port } = this.#server.address() as AddressInfo;
    const begunAtMs = performance.now();
    try {
      EgressPage.parse(await askPage({ address: "127.0.0.1", port }, "/egress", EgressPage, timeoutMs));
    } catch (error) {
      if (!(error instanceof Error)) return `rejects with ${String(error)}`;
    }
    const tookMs = performance.now() - begunAtMs;
    return tookMs > timeoutMs + graceMs ? `waits ${Math.round(tookMs)} ms for ${timeoutMs}` : undefined;
  };

  stop(): void {
    this.#server.close();
  }
}
