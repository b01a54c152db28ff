import { execFile } from "node:child_process";

/**
 * Sends a state to systemd (sd_notify(3)). Node has no Unix datagram sockets, so systemd-notify sends it: one short
 * process per message, a few a minute. Does nothing outside of a unit.
 */
export function notify(message: string): Promise<void> {
  if (!process.env.NOTIFY_SOCKET) return Promise.resolve();
  return new Promise((resolve) => {
    execFile("systemd-notify", [message], { timeout: 5000, killSignal: "SIGKILL" }, () => resolve());
  });
}

/** Time between two pings of the watchdog, ms; undefined where systemd expects none. */
export function watchdogMs(): number | undefined {
  const timeoutMs = Number(process.env.WATCHDOG_USEC) / 1000;
  return timeoutMs > 0 ? timeoutMs / 3 : undefined;
}
