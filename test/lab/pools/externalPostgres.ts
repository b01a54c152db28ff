import { exec } from "../../../lab/machine/exec.ts";
import { up } from "../../../lab/machine/up.ts";
import { must } from "../hosts/onHost.ts";

/** A PostgreSQL with TLS that the project knows nothing of, on a machine of its own with two addresses. */
export const external = {
  machine: "ext",
  addresses: ["10.0.1.50", "10.0.1.51"],
  name: "db.example.test",
  database: "orders",
  user: "shop",
  password: 'a "quoted" password of its own',
} as const;

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHapairTestsOnlyNobodyLogsInHereAAAAAAAAAAAA test";

const install = `set -e
cd /etc/postgresql/17/main
ip address replace ${external.addresses[1]}/24 dev host0
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 30 -subj '/CN=test authority' \\
  -addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.pem 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj '/CN=${external.name}' -keyout server.key -out server.csr 2>/dev/null
printf 'subjectAltName=DNS:${external.name},IP:${external.addresses[0]}\\n' > server.ext
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile server.ext -out server.pem 2>/dev/null
chown postgres: server.key server.pem
cat > conf.d/test.conf <<END
listen_addresses = '*'
ssl = on
ssl_cert_file = '/etc/postgresql/17/main/server.pem'
ssl_key_file = '/etc/postgresql/17/main/server.key'
END
printf 'local all all peer\\nhostssl all all 0.0.0.0/0 scram-sha-256\\n' > pg_hba.conf
systemctl restart postgresql@17-main
cat ca.pem`;

/** Brings the machine up. @returns the PEM of the authority of its certificate */
export async function externalPostgres(lab: string, sshPort: number): Promise<string> {
  await up(lab, external.machine, { address: external.addresses[0], sshPort, authorizedKey: publicKey });
  const { stdout } = await must(lab, external.machine, ["sh", "-c", install]);
  const psql = ["runuser", "-u", "postgres", "--", "psql", "-Xqc"];
  const sql = [
    `create role ${external.user} login password '${external.password}'`,
    `create database ${external.database} owner ${external.user}`,
  ];
  for (const statement of sql) await must(lab, external.machine, [...psql, statement]);
  return `${stdout}\n`;
}

/** Makes the database's name lead to an address on these machines. */
export async function resolveTo(lab: string, machines: readonly string[], address: string): Promise<void> {
  const edit = `grep -v ' ${external.name}$' /etc/hosts > /run/hosts; echo '${address} ${external.name}' >> /run/hosts; cat /run/hosts > /etc/hosts`;
  for (const machine of machines) await exec(lab, machine, ["sh", "-c", edit]);
}
