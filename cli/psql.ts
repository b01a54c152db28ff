import { clientFile } from "./clientFile.ts";
import type { Home } from "./home.ts";

/** How to run psql against a URL without its password on a command line or in an environment. */
export interface PsqlAccess {
  /** The URL without its password. */
  readonly url: string;
  /** A libpq password file, mode 0600. */
  readonly passFile: string;
}

/** Of a pair; its password file stays until the stack is destroyed. */
export function psqlAccess(
  home: Home,
  { stack, pair }: { readonly stack: string; readonly pair: string },
  databaseUrl: string,
): PsqlAccess {
  const url = new URL(databaseUrl);
  const password = decodeURIComponent(url.password);
  const line = passFileLine(url.hostname, url.port, "*", decodeURIComponent(url.username), password);
  const passFile = clientFile(home, stack, `${pair}.pgpass`, line);
  url.password = "";
  return { url: url.toString(), passFile };
}

/** A line of a libpq password file: host, port, database, user, password; `*` stands for any. */
export function passFileLine(...fields: readonly string[]): string {
  return `${fields.map(escapeField).join(":")}\n`;
}

/** libpq: `:` and `\` in a field are escaped by a backslash. */
function escapeField(text: string): string {
  return text.replaceAll(/[\\:]/g, "\\$&");
}
