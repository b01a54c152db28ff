import { execFile } from "node:child_process";

/**
 * Sends a state to systemd (sd_notify(3)), in the words of systemd-notify(1). Node has no Unix datagram sockets, so
 * that program sends it: one short process per message, a few a minute. Does nothing outside of a unit. Never rejects.
 */
export function notify(...words: readonly string[]): Promise<void> {
  if (!process.env.NOTIFY_SOCKET) return Promise.resolve();
  return new Promise((resolve) => {
    execFile("systemd-notify", words, { timeout: 5000, killSignal: "SIGKILL" }, () => resolve());
  });
}
