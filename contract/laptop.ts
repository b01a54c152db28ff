/** What the pool on the laptop is called where it is rendered, run and asked. */

/** Its host's name in the topology, its bundle and the status. */
export const laptopName = "laptop";
/** Environment variable with the folder of its compose file; default `vagrant` of the clone. */
export const laptopVariable = "HAPAIR_LAPTOP";
/** The file of Docker Compose, in the bundle and in the folder where it runs. */
export const composePath = "compose.yaml";
/** Where the poolers' and PostgreSQL's files are in that folder; the compose file copies them from here. */
export const poolFolder = "pool";
/** Label of a container: each `HOST:PORT` of this machine where it listens, with spaces between. */
export const listensLabel = "hapair.listens";

/** The service of the compose file that does the work of a host's unit: `pgbouncer@6432.service` is `pgbouncer-6432`. */
export function serviceOf(unit: string): string {
  const port = /^pgbouncer@(\d+)\.service$/.exec(unit)?.[1];
  return port === undefined ? "postgres" : `pgbouncer-${port}`;
}
