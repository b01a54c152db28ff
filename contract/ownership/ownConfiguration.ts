import type { Finding } from "./finding.ts";
import { daemonOf, ownDaemons } from "./ownDaemons.ts";
import type { OwnershipFacts, Taking } from "./ownershipFacts.ts";
import { besideUfw, ownFiles, ownUfwRules, ownUnitFiles, unitPaths } from "./ownFiles.ts";
import { otherFirewallUnits, ownFirewalls } from "./ownFirewall.ts";

/**
 * What of a host's files, units and firewalls is somebody's own. The host's program decides by this before it takes a host
 * over, and so does everything that looks at the host before that program is there.
 */
export function ownConfiguration(facts: OwnershipFacts, taking: Taking): readonly Finding[] {
  const { files, units } = facts;
  return [
    ...ownFiles(files, taking),
    ...(taking.firewall ? ownUfwRules(files) : []),
    ...ownUnitFiles(files, taking),
    ...ownDaemons(facts, taking),
    ...(taking.firewall ? ownFirewalls(units) : []),
  ];
}

/** The units that have to be looked at for this. */
export function unitsLookedAt({ runs, stops }: Taking): readonly string[] {
  return [...new Set([...runs, ...stops, ...otherFirewallUnits])];
}

/**
 * Shell patterns of the files that have to be looked at. A daemon's configuration files are found two folders deep, which
 * has those of all its packages.
 */
export function filesLookedAt({ paths, runs, stops }: Taking): readonly string[] {
  const daemons = [...new Set([...runs, ...stops].map(daemonOf))];
  return [
    ...new Set([
      ...paths,
      ...besideUfw,
      ...runs.flatMap(unitPaths).flatMap((path) => [path, `${path}.d/*.conf`]),
      ...daemons.flatMap((name) => [`etc/default/${name}`, `etc/${name}/*`, `etc/${name}/*/*`]),
    ]),
  ];
}
