import { expect, it } from "vitest";
import { restarts } from "../../../agent/health/root/budget.ts";
import { asAgent } from "../../../drills/machine.ts";
import { actionSocket } from "../../../render/paths.ts";
import { must } from "../hosts/onHost.ts";
import { roles } from "../pair/labPair.ts";
import { mainPid } from "./agents.ts";
import type { LabEgress } from "./labEgress.ts";

/** Sends one line to a Unix socket, and prints the answer. */
const talk = `const [socket, line] = process.argv.slice(1);
  require("net").connect(socket).on("error", ({ code }) => console.log(code)).end(line + "\\n").pipe(process.stdout)`;

const haproxyConfig = "/etc/haproxy/haproxy.cfg";

/** What the daemon's user may have root do to HAProxy. */
export function rootDoorTests(lab: () => LabEgress): void {
  const on = (node: string, ...argv: readonly string[]) => must(lab().lab, node, argv);
  const ask = async (node: string, verb: string) =>
    (await on(node, ...asAgent, "node", "-e", talk, actionSocket, verb)).stdout.trim();
  /** Once its unit is active: it answers a moment before. */
  const pidOn = async (node: string) => {
    await expect.poll(() => mainPid(lab(), node, "haproxy")).not.toBe(0);
    return mainPid(lab(), node, "haproxy");
  };

  it("HAProxy's own configuration is valid, and one that was edited is not", async () => {
    const { backup: node } = await roles(lab());
    expect(await ask(node, "validate")).toBe("");
    const { stdout: link } = await on(node, "readlink", haproxyConfig);
    const { stdout: good } = await on(node, "cat", haproxyConfig);
    try {
      await on(node, "rm", haproxyConfig);
      await must(lab().lab, node, ["tee", haproxyConfig], `${good}\n# edited\n`);
      expect(await ask(node, "validate")).toContain("differs from the bundle's");
      await must(lab().lab, node, ["tee", haproxyConfig], `${good}\nfontend broken\n`);
      expect(await ask(node, "validate")).toContain("unknown keyword 'fontend'");
      const before = await pidOn(node);
      expect(await ask(node, "recover")).toMatch(/^refused: it would not start again/);
      expect(await pidOn(node)).toBe(before);
    } finally {
      await on(node, "ln", "-sfn", link.trim(), haproxyConfig);
    }
  });

  it("HAProxy is restarted, also where it hangs, so many times and no more", async () => {
    const { backup: node } = await roles(lab());
    try {
      for (let count = 0; count < restarts.most; count += 1) {
        const before = await pidOn(node);
        if (count > 0) await on(node, "systemctl", "kill", "--signal=STOP", "haproxy");
        expect(await ask(node, "recover")).toBe("");
        expect(await pidOn(node)).not.toBe(before);
      }
      const last = await pidOn(node);
      expect(await ask(node, "recover")).toMatch(/^too-many: /);
      expect(await pidOn(node)).toBe(last);
      for (const attempt of [
        ["rm", "-rf", "/run/hapair-action"],
        ["ls", "/run/hapair-action"],
      ])
        await expect(on(node, ...asAgent, ...attempt)).rejects.toThrow();
    } finally {
      await on(node, "rm", "-rf", "/run/hapair-action");
    }
  });
}
