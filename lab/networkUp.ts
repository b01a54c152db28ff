import { baseImage } from "./baseImage.ts";
import { claimForwards, releaseClaim, serveForwards } from "./forward.ts";
import { checkHost } from "./hostNeeds.ts";
import { LabError, noSuchLab } from "./labError.ts";
import { withLab } from "./lock.ts";
import { makeNamespace, namespaceLives } from "./makeNamespace.ts";
import { labState, namespace } from "./paths.ts";
import type { NetworkSpec } from "./spec.ts";
import { takePorts } from "./sshPort.ts";
import { readNetwork, writeNetwork } from "./store.ts";

export type NetworkUp = { lab: string; namespace: string; base: string };

/** Brings up the lab's image, network and forwards; without `spec`, those that it had. */
export function networkUp(lab: string, spec?: NetworkSpec): Promise<NetworkUp> {
  const wanted = spec ?? readNetwork(lab)?.spec;
  if (wanted === undefined) throw unknownLab(lab);
  return withLab(lab, async () => {
    if (!(await namespaceLives(lab))) checkHost();
    const ports = wanted.forwards.map(({ port }) => port);
    if (spec !== undefined) await takePorts(lab, "app", ports);
    const claim = await claimForwards(lab, "app", wanted.forwards);
    try {
      const base = await baseImage(wanted);
      writeNetwork(lab, { spec: wanted, base });
      await makeNamespace(lab, wanted);
      await serveForwards(lab, "app", claim);
      return { lab, namespace: namespace(lab), base };
    } finally {
      releaseClaim(claim);
    }
  });
}

export function unknownLab(lab: string): LabError {
  return new LabError(
    `There is no lab ${lab} (no ${labState(lab)}); make it first: lab network up --lab ${lab}.`,
    noSuchLab,
  );
}
