import * as z from "zod";
import { testConfig } from "../harness/testConfig.ts";
import type { Change } from "../harness/testStack.ts";

const Config = z.object({
  pairs: z.tuple([
    z.object({ egress: z.looseObject({ groups: z.array(z.record(z.string(), z.unknown())) }) }),
  ]),
});

/** Short intervals of the agent. haproxy's own checks, which decide about outages, stay as they are. */
const quick = {
  probe: { intervalMs: 1000, connectTimeoutMs: 300, requestTimeoutMs: 600 },
  hysteresis: { dwellS: 3, holdDownS: 2 },
};

/** The test stack, with an agent that measures every second and holds down for seconds instead of half a minute. */
export function quickEgress(): Change {
  const [{ egress }] = Config.parse(testConfig()).pairs;
  return { pair: { egress: { ...egress, groups: egress.groups.map((group) => ({ ...group, ...quick })) } } };
}
