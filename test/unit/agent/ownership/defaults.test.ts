import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { changedSettings } from "../../../../agent/ownership/clusterDefaults.ts";
import { filesOf } from "../../../../agent/ownership/look.ts";
import { isChanged } from "../../../../contract/ownership/hostFiles.ts";

/** Whether a file with that text counts as somebody's own on a host that has these other files. */
function isOnesOwn(path: string, text: string, others: Readonly<Record<string, string>> = {}): boolean {
  const root = mkdtempSync(join(tmpdir(), "hapair-defaults-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [name, content] of Object.entries({ ...others, [path]: text })) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return isChanged(filesOf(root), path);
}

test.each([
  ["pg_hba.conf as pg_createcluster writes it", "pg_hba.conf", true],
  ["pg_hba.conf with a rule more", "pg_hba.conf", false],
  ["pg_ident.conf with comments alone", "pg_ident.conf", true],
])("%s", (what, name, expected) => {
  const rules = `# note\nlocal   all             postgres                                peer\nlocal   all   all   peer
host all all 127.0.0.1/32 scram-sha-256\nhost all all ::1/128 scram-sha-256\nlocal replication all peer
host replication all 127.0.0.1/32 scram-sha-256\nhost replication all ::1/128 scram-sha-256\n`;
  const text =
    name === "pg_ident.conf"
      ? "# MAPNAME\n"
      : what.endsWith("more")
        ? `${rules}host all all all trust\n`
        : rules;
  expect(isOnesOwn(`etc/postgresql/17/main/${name}`, text)).toBe(!expected);
});

test("a file of ufw with the package's text is its default", () => {
  const packaged = { "usr/share/ufw/ufw.conf": "ENABLED=no\n" };
  const of = (text: string) => isOnesOwn("etc/ufw/ufw.conf", text, packaged);
  expect([of("ENABLED=no\n"), of("ENABLED=yes\n")]).toEqual([false, true]);
});

/** postgresql.conf of a new cluster, without its comments. */
const created = `data_directory = '/var/lib/postgresql/17/main'\t\t# use data in another directory
hba_file = '/etc/postgresql/17/main/pg_hba.conf'\t# host-based authentication file
ident_file = '/etc/postgresql/17/main/pg_ident.conf'
external_pid_file = '/var/run/postgresql/17-main.pid'
port = 5432\t\t\t\t# (change requires restart)
max_connections = 100
unix_socket_directories = '/var/run/postgresql'
ssl = on
ssl_cert_file = '/etc/ssl/certs/ssl-cert-snakeoil.pem'
ssl_key_file = '/etc/ssl/private/ssl-cert-snakeoil.key'
shared_buffers = 128MB
dynamic_shared_memory_type = posix
max_wal_size = 1GB
min_wal_size = 80MB
log_line_prefix = '%m [%p] %q%u@%d '
log_timezone = 'Etc/UTC'
cluster_name = '17/main'
datestyle = 'iso, mdy'
timezone = 'Europe/Berlin'
lc_messages = 'C.UTF-8'
lc_monetary = 'C.UTF-8'
lc_numeric = 'C.UTF-8'
lc_time = 'C.UTF-8'
default_text_search_config = 'pg_catalog.english'
include_dir = 'conf.d'
#work_mem = 4MB
`;

test("postgresql.conf as pg_createcluster writes it has no settings of somebody's own", () => {
  expect(changedSettings(created, "17/main")).toEqual([]);
});

test("a setting that was added or changed in postgresql.conf, and any of ALTER SYSTEM, is somebody's own", () => {
  const text = `${created.replace("= 128MB", "= 4GB")}Work_Mem = '64MB'\nextra.option on\n`;
  expect(changedSettings(text, "17/main")).toEqual(["shared_buffers", "work_mem", "extra.option"]);
  expect(changedSettings("# by hand\nport = '5432'\n", undefined)).toEqual(["port"]);
});
