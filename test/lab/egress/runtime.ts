import { expect, it } from "vitest";
import { uplink } from "../../../drills/proxies.ts";
import { operatorSocket } from "../../../render/paths.ts";
import { must } from "../hosts/onHost.ts";
import { eventually, holderOf, journal, journalEnd, mainPid, mapOn, page, serverOn } from "./agents.ts";
import { exitOfNewClient } from "./clients.ts";
import type { LabEgress } from "./labEgress.ts";

const fake = "fake-runtime";
const imposter = `${operatorSocket}.imposter`;
const aside = `${operatorSocket}.aside`;

/** Replacements for haproxy's socket: the source of a connection listener, or null for no socket. */
const socket: Readonly<Record<string, string | null>> = {
  "is gone": null,
  "accepts and says nothing": "() => {}",
  "answers garbage": `(client) => client.end("no table\\n")`,
  "never stops answering": `(client) => {
    const line = "x".repeat(65536);
    const more = () => { while (client.write(line)); };
    client.on("error", () => {}).on("drain", more);
    more();
  }`,
};

/** A Runtime socket that is gone or broken while haproxy keeps serving. */
export function runtimeTests(lab: () => LabEgress): void {
  async function withSocket(node: string, listener: string | null, work: () => Promise<void>): Promise<void> {
    const on = (...argv: readonly string[]) => must(lab().lab, node, argv);
    // The replacement is moved over the socket, so that a socket exists at every moment.
    await on("ln", operatorSocket, aside);
    try {
      if (listener === null) await on("rm", operatorSocket);
      else await impose(listener, on);
      await work();
    } finally {
      await on("mv", "-f", aside, operatorSocket);
      if (listener !== null) await on("systemctl", "stop", fake);
    }
  }

  async function impose(
    listener: string,
    on: (...argv: readonly string[]) => Promise<unknown>,
  ): Promise<void> {
    const unit = [`--unit=${fake}`, "--collect", "-p", "Group=haproxy", "-p", "UMask=0007"];
    const program = `require("net").createServer(${listener}).listen("${imposter}")`;
    await on("systemd-run", "--quiet", ...unit, "node", "-e", program);
    await on("timeout", "5", "sh", "-c", `until [ -S ${imposter} ]; do sleep 0.05; done`);
    await on("mv", "-f", imposter, operatorSocket);
  }

  it.each(Object.entries(socket))(
    "while haproxy's socket %s the loop keeps measuring and electing, logs it once, and catches up afterwards",
    async (_, listener) => {
      const holder = await holderOf(lab());
      const cursor = await journalEnd(lab(), holder);
      const pid = await mainPid(lab(), holder, "hapair");
      const answers = async () => (await page(lab(), holder)).haproxy.answers;
      const troubles = async () =>
        (await journal(lab(), holder, cursor)).filter((line) => line.startsWith("haproxy: "));
      await withSocket(holder, listener, async () => {
        await eventually(answers, false, "whether haproxy answers");
        const { measuredAt } = await serverOn(lab(), holder, "warp");
        await uplink(lab().lab, "wg1", "cut");
        await eventually(
          async () => (await page(lab(), holder)).groups[0]?.preferred,
          "wg2",
          "elected by measurements alone",
        );
        // haproxy's own checks may find the hanging wg1 later than the loop.
        await eventually(() => exitOfNewClient(lab()), "wg2", "exit of a new client");
        await eventually(
          async () => String((await serverOn(lab(), holder, "warp")).measuredAt) > String(measuredAt),
          true,
          "another measurement",
        );
        expect(await troubles()).toEqual([expect.stringMatching(/ event=trouble$/)]);
      });
      await eventually(answers, true, "whether haproxy answers again");
      await eventually(() => mapOn(lab(), holder), "wg2", "haproxy's map");
      expect(await troubles()).toEqual([
        expect.stringMatching(/ event=trouble$/),
        "haproxy: works again event=trouble-over",
      ]);
      expect(await mainPid(lab(), holder, "hapair"), "the very same loop").toBe(pid);
    },
  );
}
