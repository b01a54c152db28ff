/** An address and port that a daemon is to listen on. */
interface Wanted {
  /** `HOST:PORT`; no host, `*` or `0.0.0.0` is every address. */
  readonly address: string;
  /** The setting that asks for it, as it stands in the daemon's file. */
  readonly setting: string;
}

const wildcards = ["", "*", "0.0.0.0", "[::]", "::"];

/**
 * A sentence for each wanted port that a process other than `own` listens on; `listeners` is the output of `ss -Hltnp`.
 * haproxy's own check does not look, and a reload that meets such a port stops serving for two seconds before it fails.
 */
export function takenPorts(
  wanted: readonly Wanted[],
  listeners: string,
  own: readonly string[],
): readonly string[] {
  const others = listeners
    .split("\n")
    .filter((line) => line !== "" && !own.some((name) => line.includes(`(("${name}",`)))
    .map((line) => ({
      ...socketOf(line.split(/\s+/)[3] ?? ""),
      process: /\(\("([^"]+)",pid=(\d+)/.exec(line),
    }));
  return wanted.flatMap(({ address, setting }) => {
    const { host, port } = socketOf(address);
    const other = others.find((one) => one.port === port && overlap(one.host, host));
    if (other === undefined) return [];
    const [, name = "another process", pid] = other.process ?? [];
    return [
      `${setting}: the port is taken by ${name}${pid ? ` (pid ${pid})` : ""}: stop it or choose another port`,
    ];
  });
}

function socketOf(address: string): { readonly host: string; readonly port: string } {
  const colon = address.lastIndexOf(":");
  return { host: address.slice(0, colon), port: address.slice(colon + 1) };
}

function overlap(one: string, other: string): boolean {
  return one === other || wildcards.includes(one) || wildcards.includes(other);
}
