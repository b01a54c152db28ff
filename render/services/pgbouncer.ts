import * as z from "zod";
import { type Pool, poolersOf } from "../../topology/topology.ts";
import { openFiles, sqlRoles } from "../paths.ts";
import { file, template } from "../template.ts";

export const poolerUnit = (port: number): string => `pgbouncer@${port}.service`;

const unitPath = "etc/systemd/system/pgbouncer@.service";
const pooler = template(
  "etc/pgbouncer/pooler.ini",
  z.strictObject({
    host: z.string(),
    address: z.string(),
    port: z.int(),
    peerId: z.int(),
    peers: z.array(z.strictObject({ id: z.int(), port: z.int() })).min(1),
    postgresPort: z.int(),
    lookupUser: z.string(),
    mode: z.string(),
    maxClientConnections: z.int(),
    size: z.int(),
  }),
);

const userlist = template("etc/pgbouncer/userlist.txt", z.strictObject({ checkUser: z.string() }));
const unit = template(unitPath, z.strictObject({ openFiles: z.int() }));

/** A config for each pooler, their user list, and the unit of which each pooler is an instance. */
export function pgbouncerFiles(pool: Pool) {
  const { name: host, address, maxClientConnections } = pool;
  // Those of the port for sessions are peers too: a cancel request reaches its query whichever port it came by.
  const poolers = poolersOf(pool).map((pooler, index) => ({ ...pooler, id: index + 1 }));
  const peers = poolers.map(({ id, port }) => ({ id, port }));
  const asPostgres = { mode: "0640", owner: "postgres", group: "postgres" };
  return [
    ...poolers.map(({ id, port, mode, size }) => {
      const text = pooler({
        host,
        address,
        port,
        peerId: id,
        peers,
        postgresPort: pool.postgres.port,
        lookupUser: sqlRoles.lookup,
        mode,
        maxClientConnections,
        size,
      });
      return file(`etc/pgbouncer/${port}.ini`, text, asPostgres);
    }),
    file("etc/pgbouncer/userlist.txt", userlist({ checkUser: sqlRoles.check }), asPostgres),
    file(unitPath, unit({ openFiles })),
  ];
}
