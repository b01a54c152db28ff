/** Settings that a daemon takes over at its start alone: a reload leaves them as they are. */

/** "changeable: no" in PgBouncer's `SHOW CONFIG`. */
const ofPgbouncer =
  /^\s*(listen_addr|listen_port|listen_backlog|unix_socket_dir|unix_socket_mode|unix_socket_group|pidfile|user|so_reuseport|peer_id|resolv_conf|max_packet_size|pkt_buf|conffile|job_name|service_name|track_extra_parameters)\s*=/;

/** Context `postmaster` in `pg_settings`, of those that are rendered. */
const ofPostgresql = /^\s*(listen_addresses|port|unix_socket_directories|max_connections|shared_buffers)\s*=/;

/** Those in a text of settings: the same for two texts between which a reload is enough. */
export function fixedSettings(daemon: "pgbouncer" | "postgresql", text: string): string {
  const fixed = daemon === "pgbouncer" ? ofPgbouncer : ofPostgresql;
  return text
    .split("\n")
    .filter((line) => fixed.test(line))
    .map((line) => line.replaceAll(" ", ""))
    .sort()
    .join("\n");
}
