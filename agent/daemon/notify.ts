import { execFile } from "node:child_process";

/**
 * Tells systemd how the service is (sd_notify(3)). Node has no datagram sockets of the Unix kind, so systemd-notify
 * does it: one short process for each message, a few a minute. Does nothing outside of a unit.
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
