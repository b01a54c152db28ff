import { egressStateFile, egressUnit } from "../../../../render/paths.ts";
import { restoreAll } from "../../../harness/internet.ts";
import { egressOf } from "../../drilledEgress.ts";
import type { Kind } from "../../kind.ts";
import { preferredOn } from "../../observe/preferredOn.ts";
import { run } from "../../run.ts";
import type { Stage } from "../../scene.ts";
import { waitUntil } from "../../waitUntil.ts";

const chosenWithinMs = 10_000;

/** A kind whose clients go through the egress. */
export function egressKind(kind: Omit<Kind, "ask">): Kind {
  return {
    ...kind,
    ask: "egress",
    prepare: async (stage) => {
      stage.restore(() => restoreAll(stage.pair.lab));
      await forgetFailures(stage);
      return (await kind.prepare?.(stage)) ?? stage.holder;
    },
  };
}

/** The hold-down doubles with each failure: without this every round would be another one than the round before. */
async function forgetFailures({ pair, holder, healthy, signal }: Stage): Promise<void> {
  const anew = `systemctl stop ${egressUnit} && rm -f ${egressStateFile} && systemctl start ${egressUnit}`;
  await Promise.all(pair.nodes.map((node) => run(pair.lab, node, ["sh", "-c", anew])));
  const [first] = egressOf(pair).servers;
  const amiss = async () => {
    const preferred = await preferredOn(pair, holder);
    return preferred === first?.name ? undefined : `${holder} prefers ${preferred}, and not ${first?.name}`;
  };
  await waitUntil(amiss, chosenWithinMs, signal);
  // A first measurement that fails closes what is open through that proxy: clients come after it.
  await healthy();
}
