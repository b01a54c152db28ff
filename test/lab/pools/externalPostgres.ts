import { exec } from "../../../lab/machine/exec.ts";
import { must } from "../hosts/onHost.ts";
import { db1 } from "./poolLab.ts";

/**
 * A PostgreSQL with TLS that the project knows nothing of: a cluster of the tests' own, on a machine of the lab under
 * further addresses. A machine that the stack does not have would be removed by its next roll-out.
 */
export const external = {
  machine: db1.name,
  unit: "postgresql@17-external",
  addresses: ["10.0.1.50", "10.0.1.51"],
  port: 5433,
  name: "db.example.test",
  database: "orders",
  user: "shop",
  password: 'a "quoted" password of its own',
} as const;

const folder = "/etc/postgresql/17/external";

const install = `set -e
pg_createcluster 17 external --port ${external.port} >/dev/null
cd ${folder}
for address in ${external.addresses.join(" ")}; do ip address replace $address/24 dev host0; done
iptables -I INPUT -p tcp --dport ${external.port} -j ACCEPT
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 30 -subj '/CN=test authority' \\
  -addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.pem 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj '/CN=${external.name}' -keyout server.key -out server.csr 2>/dev/null
printf 'subjectAltName=DNS:${external.name},IP:${external.addresses[0]}\\n' > server.ext
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile server.ext -out server.pem 2>/dev/null
chown postgres: server.key server.pem
cat > conf.d/test.conf <<END
listen_addresses = '*'
ssl = on
ssl_cert_file = '${folder}/server.pem'
ssl_key_file = '${folder}/server.key'
END
printf 'local all all peer\\nhostssl all all 0.0.0.0/0 scram-sha-256\\n' > pg_hba.conf
systemctl start ${external.unit}
cat ca.pem`;

/** Makes it. @returns the PEM of the authority of its certificate */
export async function externalPostgres(lab: string): Promise<string> {
  const { stdout } = await must(lab, external.machine, ["sh", "-c", install]);
  const statements = [
    `create role ${external.user} login password '${external.password}'`,
    `create database ${external.database} owner ${external.user}`,
  ];
  for (const statement of statements) await externalSql(lab, statement);
  return `${stdout}\n`;
}

/** One statement as its administrator. @returns the columns of its rows, a line each */
export async function externalSql(lab: string, statement: string, database = "postgres"): Promise<string> {
  const psql = ["psql", "-p", String(external.port), "-d", database, "-XAtqc", statement];
  return (await must(lab, external.machine, ["runuser", "-u", "postgres", "--", ...psql])).stdout.trim();
}

/** Makes the database's name lead to an address on these machines. */
export async function resolveTo(lab: string, machines: readonly string[], address: string): Promise<void> {
  const edit = `grep -v ' ${external.name}$' /etc/hosts > /run/hosts; echo '${address} ${external.name}' >> /run/hosts; cat /run/hosts > /etc/hosts`;
  for (const machine of machines) await exec(lab, machine, ["sh", "-c", edit]);
}
