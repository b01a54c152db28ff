export const stateRoot = "/var/lib/hapair-lab";
/** A reboot empties it, and ends everything that its files describe. */
export const runRoot = "/run/hapair-lab";
export const imageRoot = "/var/cache/hapair-lab";

export const bridge = "br0";
/** A bridge without ports: packets sent to it are lost. */
export const blackHole = "hole";

export const labState = (lab: string) => `${stateRoot}/${lab}`;
export const labRun = (lab: string) => `${runRoot}/${lab}`;
export const networkFile = (lab: string) => `${labState(lab)}/spec.json`;
export const machinesDir = (lab: string) => `${labState(lab)}/machines`;
export const machineDir = (lab: string, name: string) => `${machinesDir(lab)}/${name}`;
export const machineFile = (lab: string, name: string) => `${machineDir(lab, name)}/spec.json`;
export const upperDir = (lab: string, name: string) => `${machineDir(lab, name)}/upper`;
export const consoleLog = (lab: string, name: string) => `${machineDir(lab, name)}/console.log`;

/** Name of the lab's network namespace, as `ip netns` lists it. */
export const namespace = (lab: string) => `hapair-${lab}`;
/** The lab's network namespace as a file, for `nsenter --net=`. */
export const namespacePath = (lab: string) => `/run/netns/${namespace(lab)}`;
/** The host's end of a machine's cable, inside the lab's namespace. */
export const bridgePort = (name: string) => `vb-${name}`;
