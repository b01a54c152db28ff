/** No name of a lab or machine holds a dot: a lab whose name begins with another's has no part in that one's scopes. */
const prefix = (lab: string) => `hapair-lab-${lab}.`;
const suffix = ".scope";

/** Name of the transient unit that systemd keeps for a group of the lab. */
export function scopeName(lab: string, group: string): string {
  return `${prefix(lab)}${group}${suffix}`;
}

/** The group whose unit this is; undefined where it is none of the lab's. */
export function groupOfScope(lab: string, unit: string): string | undefined {
  const isOurs = unit.startsWith(prefix(lab)) && unit.endsWith(suffix);
  return isOurs ? unit.slice(prefix(lab).length, -suffix.length) : undefined;
}

/**
 * For systemd-run. What stops a scope is this host's own shutdown, and each process gets the signal: SIGTERM has a
 * machine's systemd execute itself anew and forget that nspawn asked it to power off, SIGINT (Ctrl-Alt-Del) lets it end
 * in order. One that is frozen, or takes longer than `lab down` would give it, loses its power.
 */
export const scopeProperties = ["Delegate=yes", "KillSignal=SIGINT", "TimeoutStopSec=20s"] as const;
