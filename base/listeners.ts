/** An address and port that a daemon is to listen on. */
export interface Wanted {
  /** `HOST:PORT`; no host, `*` or `0.0.0.0` is every address. */
  readonly address: string;
  /** The setting that asks for it, as it stands in the daemon's file. */
  readonly setting: string;
}

/** A process that has a listening socket. */
export interface ListenerProcess {
  readonly name: string;
  readonly pid: string;
}

const wildcards = ["", "*", "0.0.0.0", "[::]", "::"];

/**
 * A sentence for each wanted port that a process listens on that is not `isOwn`; `listeners` is the output of `ss -Hltnp`.
 * haproxy's own check does not look, and a reload that meets such a port stops serving for two seconds before it fails.
 */
export function takenPorts(
  wanted: readonly Wanted[],
  listeners: string,
  isOwn: (process: ListenerProcess) => boolean,
): readonly string[] {
  const others = listeners
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => ({ ...socketOf(line.split(/\s+/)[3] ?? ""), processes: processesOf(line) }))
    .filter(({ processes }) => processes.length === 0 || !processes.every(isOwn));
  return wanted.flatMap(({ address, setting }) => {
    const { host, port } = socketOf(address);
    const other = others.find((one) => one.port === port && overlap(one.host, host));
    if (other === undefined) return [];
    const { name = "another process", pid } = other.processes.find((process) => !isOwn(process)) ?? {};
    return [
      `${setting}: the port is taken by ${name}${pid ? ` (pid ${pid})` : ""}: stop it or choose another port`,
    ];
  });
}

/** `users:(("haproxy",pid=74,fd=6),("haproxy",pid=75,fd=6))`; only root sees those of other users. */
function processesOf(line: string): readonly ListenerProcess[] {
  return [...line.matchAll(/\("([^"]+)",pid=(\d+)/g)].map(([, name = "", pid = ""]) => ({ name, pid }));
}

function socketOf(address: string): { readonly host: string; readonly port: string } {
  const colon = address.lastIndexOf(":");
  return { host: address.slice(0, colon), port: address.slice(colon + 1) };
}

function overlap(one: string, other: string): boolean {
  return one === other || wildcards.includes(one) || wildcards.includes(other);
}
