/** Rules for incoming packets that are not ufw's, out of `iptables-save -t filter`. */
export function foreignRules(saved: string): readonly string[] {
  return saved.split("\n").filter((line) => line.startsWith("-A INPUT ") && !/ -j ufw6?-\S+$/.test(line));
}

/** iptables has these tables of nftables as its own, and shows them itself. */
const iptablesTables = /^ip6? (?:filter|nat|mangle|raw|security)$/;

/** Tables with rules for incoming packets, out of `nft list ruleset`, that are not iptables' own. */
export function foreignTables(ruleset: string): readonly string[] {
  return ruleset
    .split(/^(?=table )/m)
    .filter((table) => /\bhook (?:input|ingress|prerouting)\b/.test(table))
    .flatMap((table) => /^table (\S+ \S+)/.exec(table)?.[1] ?? [])
    .filter((name) => !iptablesTables.test(name));
}
