const wildcards = ["", "*", "0.0.0.0", "[::]", "::"];

/**
 * Ports that a haproxy.cfg binds and another process listens on; `listeners` is the output of `ss -Hltnp`. haproxy's own
 * check does not look, and a reload that meets such a port stops serving for two seconds before it fails.
 */
export function takenBinds(config: string, listeners: string): readonly string[] {
  const others = listeners
    .split("\n")
    .filter((line) => line !== "" && !line.includes('(("haproxy",'))
    .map((line) => ({
      ...socketOf(line.split(/\s+/)[3] ?? ""),
      process: /\(\("([^"]+)",pid=(\d+)/.exec(line),
    }));
  return [...config.matchAll(/^\s*bind\s+(\S+)/gm)]
    .flatMap(([, addresses = ""]) => addresses.split(","))
    .flatMap((address) => {
      const wanted = socketOf(address);
      const other = others.find((one) => one.port === wanted.port && overlap(one.host, wanted.host));
      if (other === undefined) return [];
      const [, name = "another process", pid] = other.process ?? [];
      return [
        `bind ${address}: the port is taken by ${name}${pid ? ` (pid ${pid})` : ""}: stop it or choose another port`,
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
