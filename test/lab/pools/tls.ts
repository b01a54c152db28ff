import { expect, it } from "vitest";
import { ask } from "../pair/client.ts";
import { connections, type PoolLab, poolersOfHost, poolersUp } from "./poolLab.ts";

/** TLS between clients and the poolers of several hosts; all other tests of such a pool connect with it. */
export function tlsTests(lab: () => PoolLab): void {
  const urls = async () => [await lab().url(), await lab().sessionUrl()];

  it("every pooler shows a certificate that the printed URLs verify, on both ports", async () => {
    await poolersUp(lab().lab, 2 * poolersOfHost);
    for (const url of await urls()) {
      expect(new URL(url).searchParams.get("sslmode")).toBe("verify-full");
      // One for each pooler of the port at least: haproxy sends each to the one with the fewest.
      const clients = await connections(url, 8);
      await Promise.all(clients.map((client) => client.query("select 1")));
      await Promise.all(clients.map((client) => client.end()));
    }
  });

  it("a client without TLS is refused on both ports", async () => {
    for (const url of await urls()) {
      const plain = new URL(url);
      plain.searchParams.set("sslmode", "disable");
      plain.searchParams.delete("sslrootcert");
      await expect(ask(plain.toString(), "select 1")).rejects.toThrow("SSL required");
    }
  });
}
