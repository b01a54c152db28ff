import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { bridge } from "../../paths.ts";

/**
 * Calls `joined` for each port that is there now or joins the bridge later, by its name, and `gone` for one that is
 * deleted: a machine that boots gets a new cable, which systemd-nspawn plugs into the bridge.
 */
export function watchPorts(joined: (port: string) => void, gone: (port: string) => void): { stop(): void } {
  const isOnBridge = (line: string) => line.includes(` master ${bridge} `);
  const follow = (args: readonly string[], isJoined: (line: string) => boolean) => {
    const child = spawn("ip", ["-o", ...args], { stdio: ["ignore", "pipe", "inherit"] });
    createInterface({ input: child.stdout }).on("line", (line) => {
      const [, deleted, port] = /^(Deleted )?\d+: ([^@:]+)[@:]/.exec(line) ?? [];
      if (port === undefined) return;
      // A port that only leaves the bridge is told as deleted there, with the bridge's name.
      if (deleted === undefined && isJoined(line)) joined(port);
      if (deleted !== undefined && !isOnBridge(line)) gone(port);
    });
    return child;
  };
  // First the monitor: between the two nothing may be missed. A port that is named twice is joined twice, alike.
  const monitor = follow(["monitor", "link"], isOnBridge);
  follow(["link", "show", "type", "veth"], () => true);
  return { stop: () => void monitor.kill("SIGKILL") };
}
