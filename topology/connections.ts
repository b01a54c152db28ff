/** Connections of haproxy beside those of the clients that it serves. */

/** Places for connections that have not said anything yet, on each port of PostgreSQL's clients. */
export const silentConnections = 1500;
/** Reserve for readers of stats and metrics while every client connection is in use. */
export const pageConnections = 100;
/** Connections of each node to the database of the routes, with those that a lost one leaves for a while. */
export const routesLogins = 6;
/** Files of a connection: two, and one for a connection that an old worker still has, or for a check. */
export const filesPerConnection = 3;
