import { exec } from "../../../lab/machine/exec.ts";
import { psycopgProgram } from "../pair/clients/drivers.ts";

/** The answer to a login by this URL on the lab's application server, through psycopg: `in`, or why not. */
export async function logInByPsycopg(lab: string, url: string): Promise<string> {
  // By standard input: the URL has the password.
  const login = `${JSON.stringify({ conninfo: url })}\n`;
  const { exitCode, stdout, stderr } = await exec(lab, "app", ["/usr/bin/python3", psycopgProgram], login);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout;
}
