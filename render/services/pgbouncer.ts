import * as z from "zod";
import { type PoolerHost, poolerClientsOf, poolersOf, poolersOn } from "../../topology/pool.ts";
import type { Pair } from "../../topology/topology.ts";
import { lostPeer, openFiles, socketFolder } from "../paths.ts";
import type { Secrets } from "../secrets.ts";
import { file, template } from "../template.ts";
import { poolerDatabase, usersOf } from "./poolerDatabase.ts";
import { clientTls } from "./sqlTls.ts";

export const poolerUnit = (port: number): string => `pgbouncer@${port}.service`;

/** The same for all poolers of a host, however many: they are rendered once. */
const peerList = template(
  "etc/pgbouncer/peers",
  z.strictObject({ peers: z.array(z.strictObject({ id: z.int(), host: z.string(), port: z.int() })).min(1) }),
);

const unitPath = "etc/systemd/system/pgbouncer@.service";
const pooler = template(
  "etc/pgbouncer/pooler.ini",
  z.strictObject({
    host: z.string(),
    address: z.string(),
    port: z.int(),
    peerId: z.int(),
    peers: z.string(),
    /** Address, name or folder of the socket of the database. */
    databaseHost: z.string(),
    databasePort: z.int(),
    /** False where the user list has every login. */
    lookupUser: z.union([z.literal(false), z.string()]),
    serverTls: z.union([
      z.literal(false),
      z.strictObject({
        /** `server_tls_sslmode` */
        mode: z.enum(["verify-full", "require", "disable"]),
        /** Absolute path. */
        authorityFile: z.union([z.literal(false), z.string()]),
      }),
    ]),
    /** Whether the pooler itself looks where a client comes from. */
    limitsClients: z.boolean(),
    /** Whether the database is named, so that it may lead elsewhere later. */
    named: z.boolean(),
    mode: z.string(),
    maxClientConnections: z.int(),
    size: z.int(),
    lostPeer: z.strictObject({
      idleS: z.int(),
      intervalS: z.int(),
      count: z.int(),
      timeoutMs: z.int(),
    }),
    clientTls: z.union([
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

const userlist = template(
  "etc/pgbouncer/userlist.txt",
  z.strictObject({ users: z.array(z.strictObject({ name: z.string(), password: z.string() })) }),
);
const hba = template(
  "etc/pgbouncer/hba.conf",
  z.strictObject({
    host: z.string(),
    /** Networks whose clients are let in. */
    clients: z.array(z.string()).min(1),
  }),
);
const unit = template(unitPath, z.strictObject({ openFiles: z.int() }));

/**
 * A config for each pooler of a host, their user list, and the unit of which each pooler is an instance. On the laptop, whose
 * firewall is its user's own, also the rules of who is let in: as by the firewall of a host, and the laptop itself.
 */
export function pgbouncerFiles(pair: Pair, host: PoolerHost, secrets: Secrets) {
  const { pool } = pair;
  if (!pool) return [];
  const { maxClientConnections } = pool;
  const asPostgres = { mode: "0640", owner: "postgres", group: "postgres" };
  // Those of the port for sessions are peers too: a cancel request reaches its query whichever port it came by.
  const peers = peerList({
    peers: poolersOf(pair).map(({ peerId, port, address, host: name }) => ({
      id: peerId,
      host: name === host.name ? socketFolder : address,
      port,
    })),
  });
  const database = poolerDatabase(pool, host);
  const limitsClients = pool.on === "laptop";
  const clients = [host.address, ...poolerClientsOf(pair, host.name)].map((from) =>
    from.includes("/") ? from : `${from}/32`,
  );
  return [
    ...poolersOn(pair, host.name).map(({ peerId, port, address, mode, size }) => {
      const text = pooler({
        host: host.name,
        address,
        port,
        peerId,
        peers,
        ...database,
        limitsClients,
        clientTls: clientTls(pool),
        mode,
        maxClientConnections,
        size,
        lostPeer,
      });
      return file(`etc/pgbouncer/${port}.ini`, text, asPostgres);
    }),
    ...(limitsClients ? [file("etc/pgbouncer/hba.conf", hba({ host: host.name, clients }), asPostgres)] : []),
    file("etc/pgbouncer/userlist.txt", userlist({ users: usersOf(pool, host, secrets) }), asPostgres),
    file(unitPath, unit({ openFiles })),
  ];
}
