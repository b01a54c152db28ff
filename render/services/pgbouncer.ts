import * as z from "zod";
import type { Pool } from "../../topology/topology.ts";
import { openFiles, sqlRoles } from "../paths.ts";
import type { Secrets } from "../secrets.ts";
import { file, template } from "../template.ts";
import { clientTls, poolerCertificate } from "./sqlTls.ts";

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
    tls: z.union([
      z.literal(false),
      z.strictObject({
        /** `client_tls_sslmode` */
        mode: z.enum(["require", "allow"]),
        keyFile: z.string(),
        certificateFile: z.string(),
      }),
    ]),
  }),
);

const userlist = template("etc/pgbouncer/userlist.txt", z.strictObject({ checkUser: z.string() }));
const unit = template(unitPath, z.strictObject({ openFiles: z.int() }));

/** A config for each pooler, their user list, and the unit of which each pooler is an instance. */
export function pgbouncerFiles(pool: Pool, secrets: Secrets) {
  const { name: host, address, ports, mode, maxClientConnections, size } = pool;
  const peers = ports.map((port, index) => ({ id: index + 1, port }));
  const asPostgres = { mode: "0640", owner: "postgres", group: "postgres" };
  return [
    ...peers.map(({ id, port }) => {
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
        tls: clientTls(pool),
      });
      return file(`etc/pgbouncer/${port}.ini`, text, asPostgres);
    }),
    file("etc/pgbouncer/userlist.txt", userlist({ checkUser: sqlRoles.check }), asPostgres),
    ...poolerCertificate(pool, secrets),
    file(unitPath, unit({ openFiles })),
  ];
}
