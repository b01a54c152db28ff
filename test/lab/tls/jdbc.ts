import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { exec } from "../../../lab/machine/exec.ts";
import { unpackedPackages } from "../../../tools/unpackedPackages.ts";

/** Of Debian 12 and of 13. */
const packages = [
  ["openjdk-21-jdk-headless", "openjdk-17-jdk-headless"],
  ["openjdk-21-jre-headless", "openjdk-17-jre-headless"],
  ["libpostgresql-jdbc-java"],
  ["libongres-scram-java", "libscram-java"],
  ["libongres-stringprep-java", "libstringprep-java"],
];

/** The first column of the first row, asked on the lab's application server through PostgreSQL's JDBC driver. */
export async function askByJdbc(lab: string, url: string, statement: string): Promise<string> {
  const folder = await unpackedPackages("jdbc", packages);
  const machines = join(folder, "usr/lib/jvm");
  const java = readdirSync(machines)
    .map((name) => join(machines, name, "bin/java"))
    .find(existsSync);
  if (java === undefined) throw new Error(`${machines}: no Java`);
  const argv = [
    java,
    "-cp",
    `${join(folder, "usr/share/java")}/*`,
    join(import.meta.dirname, "Ask.java"),
    statement,
  ];
  // By standard input: the URL has the password.
  const { exitCode, stdout, stderr } = await exec(lab, "app", argv, url);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout;
}
