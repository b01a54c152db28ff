/** What pg_createcluster of Debian 13 writes to postgresql.conf: a pattern for each setting's value, or any value. */
const written: Readonly<Record<string, RegExp>> = {
  data_directory: /^\/var\/lib\/postgresql\/CLUSTER$/,
  hba_file: /^\/etc\/postgresql\/CLUSTER\/pg_hba\.conf$/,
  ident_file: /^\/etc\/postgresql\/CLUSTER\/pg_ident\.conf$/,
  external_pid_file: /./,
  port: /^\d+$/,
  max_connections: /^100$/,
  unix_socket_directories: /^\/var\/run\/postgresql$/,
  ssl: /^on$/,
  ssl_cert_file: /^\/etc\/ssl\/certs\/ssl-cert-snakeoil\.pem$/,
  ssl_key_file: /^\/etc\/ssl\/private\/ssl-cert-snakeoil\.key$/,
  shared_buffers: /^128MB$/,
  dynamic_shared_memory_type: /^posix$/,
  max_wal_size: /^1GB$/,
  min_wal_size: /^80MB$/,
  log_line_prefix: /^%m \[%p\] %q%u@%d $/,
  log_timezone: /./,
  cluster_name: /^CLUSTER$/,
  datestyle: /./,
  timezone: /./,
  lc_messages: /./,
  lc_monetary: /./,
  lc_numeric: /./,
  lc_time: /./,
  default_text_search_config: /./,
  include_dir: /^conf\.d$/,
};

/**
 * The settings of a file that pg_createcluster has not written so.
 * @param cluster such as `17/main`; without one, every setting counts
 */
export function changedSettings(text: string, cluster: string | undefined): readonly string[] {
  const changed = text.split("\n").flatMap((line) => {
    const [, key = "", value = ""] = /^\s*([\w.]+)\s*(?:=|\s)\s*('(?:[^']|'')*'|[^#\s]*)/.exec(line) ?? [];
    if (key === "") return [];
    const plain = value.replace(/^'|'$/g, "");
    const general = cluster === undefined ? plain : plain.replaceAll(cluster, "CLUSTER");
    return cluster !== undefined && written[key.toLowerCase()]?.test(general) ? [] : [key.toLowerCase()];
  });
  return [...new Set(changed)];
}
