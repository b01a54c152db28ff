import * as z from "zod";

/** What `hapair status --json` prints on a host, as far as a person is shown it. */
export const HostReport = z.looseObject({
  bundle: z.object({ live: z.nullable(z.string()), since: z.nullable(z.string()) }),
  unfinished: z.nullable(
    z.looseObject({ kind: z.string().default("apply"), to: z.string(), running: z.boolean().default(false) }),
  ),
  edited: z.array(z.string()),
  units: z.array(z.looseObject({ unit: z.string(), active: z.string(), restarts: z.number() })),
  node: z.nullable(
    z.looseObject({
      holder: z.boolean(),
      haproxy: z.nullable(z.looseObject({ connections: z.number() })),
      servers: z.array(
        z.looseObject({ name: z.string(), state: z.string(), check: z.string(), sessions: z.number() }),
      ),
    }),
  ),
  pool: z.nullable(
    z.looseObject({
      postgres: z.boolean(),
      poolers: z.array(z.looseObject({ port: z.int(), reachable: z.boolean() })),
    }),
  ),
});
export type HostReport = z.infer<typeof HostReport>;
