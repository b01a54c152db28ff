/** Places on a host, and names, that the files of several services share. */

/** keepalived's track file for haproxy, written by haproxy's unit: 0 while haproxy serves, 1 once it has stopped. */
export const trackFile = "/run/hapair/haproxy-down";
/** keepalived's track file for the node's own address, written by its watch: 0 while it is here, 1 while it is not. */
export const addressTrackFile = "/run/hapair/address-down";
/** keepalived's track file for egress, written by the agent: 1 while no essential group works here but one does on a peer. */
export const egressTrackFile = "/run/hapair/egress-down";

/** Runs a command once a process has ended, in real time; relative to `/`. */
export const whenEndedPath = "etc/hapair/when-ended";

/**
 * keepalived's state, one word, written by a script of keepalived on EC2: there every node has the virtual address, and
 * this says which of them holds it.
 */
export const vrrpFile = "/run/hapair/vrrp";
/** FIFO of keepalived's events, which that script reads. */
export const vrrpEvents = "/run/hapair/vrrp-events";

/** haproxy's Runtime API for its administrator: root alone. */
export const runtimeSocket = "/run/haproxy/admin.sock";
/** haproxy's Runtime API for the agent's daemon, which may read everything and change maps. */
export const operatorSocket = "/run/haproxy/operator.sock";
/** Where the daemon sends what needs haproxy's administrator. */
export const actionSocket = "/run/hapair/action.sock";
/** Where the daemon has the connections of clients ended, on EC2. */
export const closeSocket = "/run/hapair/close.sock";
/** haproxy's master CLI, at the path of Debian's unit (`-S`). */
export const masterSocket = "/run/haproxy-master.sock";
export const serverStateFile = "/var/lib/haproxy/server-state";

/** The agent's `StateDirectory`, below /var/lib. */
export const egressStateName = "hapair-egress";
/** What the agent remembers over a restart. */
export const egressStateFile = `/var/lib/${egressStateName}/state.json`;
/** Folder of haproxy's maps. It is root's: haproxy opens the files as root, so the agent's user must not replace them. */
export const mapFolder = "/var/lib/hapair-maps";
/** haproxy's map with the server that the agent prefers in a group. A new worker reads it at its start. */
export const egressMapFile = (group: string): string => `${mapFolder}/${group}.map`;
/** haproxy's map of routes. No egress group has such a name. */
export const routesMapFile = `${mapFolder}/routes_by_host.map`;

/** The `StateDirectory` of the agent's log of routes, below /var/lib. */
export const routesStateName = "hapair-routes";
/** haproxy's program for headers of routes, in the folder of haproxy.cfg. */
export const routeHeadersPath = "etc/haproxy/routes.lua";
/** Header with the key of haproxy's map under which a target is tried out. */
export const probeHeader = "x-hapair-probe";

/** State and runtime folder of the unit that looks after the edge's certificate in a folder of the node. */
export const certificateStateName = "hapair-certificate";
/** The last one that was good there, with its key: haproxy starts whatever somebody has put into that folder. */
export const certificateCopy = `/var/lib/${certificateStateName}/edge.pem`;
/** Why a newer one is not taken over. */
export const certificateRefusedFile = `/run/${certificateStateName}/refused`;

/** Schema of the routes in their database. */
export const routesSchema = "hapair_routes";

/** haproxy's backend of the pool; `-unchecked` is its twin without health checks. */
export const poolBackend = "poolers";
/** The same for the pool's port for sessions. */
export const sessionBackend = "session-poolers";
/** haproxy's frontend and backend of an egress group; `-unchecked` is the backend's twin without health checks. */
export const egressBackend = (group: string): string => `egress-${group}`;

/** Folder of the Unix sockets of PostgreSQL and the poolers. */
export const socketFolder = "/run/postgresql";

/** How a pooler and PostgreSQL find out that a connection's other end is lost, busy or idle. */
export const lostPeer = { idleS: 4, intervalS: 2, count: 2, timeoutMs: 8000 } as const;

/** Limit of open files for a daemon whose own settings do not require more. */
export const openFiles = 200_000;

/** Certificates on the pair's hosts, relative to `/`. */
export const certificatePaths = {
  /** What the poolers show their clients. */
  poolers: "etc/pgbouncer/tls.crt",
  /** Its authority, on a host that proves the data path. */
  authority: "etc/hapair/sql-authority.pem",
  /** What PostgreSQL shows the poolers on other hosts. */
  postgres: "etc/postgresql/17/main/hapair.crt",
  /** The authority of the database's certificate, on a host whose poolers reach it over the network. */
  database: "etc/pgbouncer/database-ca.pem",
  /** The authority of the certificate of the routes' database, on a node. */
  routesDatabase: "etc/hapair/routes-database.pem",
  /** What the API of the routes shows its clients, on a node. */
  routes: "etc/hapair/routes.crt",
  /** What the edge shows its clients, with its key, on a node. */
  edge: "etc/haproxy/edge.pem",
} as const;

/** PostgreSQL roles of hapair itself. */
export const sqlRoles = {
  /** Logs in through the pair, to prove that a query gets through. */
  probe: "hapair_probe",
  /** The poolers look up passwords as this role. */
  lookup: "hapair_pooler",
  /** The agents of the nodes keep the routes of the pair as this role. */
  routes: "hapair_routes",
} as const;
