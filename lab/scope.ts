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
