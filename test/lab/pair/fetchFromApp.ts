import { join } from "node:path";
import { exec } from "../../../lab/machine/exec.ts";

export interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Gets a page from the application server; `credentials` are `user:password`. */
export async function fetchFromApp(lab: string, url: string, credentials?: string): Promise<Page> {
  const program = join(import.meta.dirname, "fetchProgram.ts");
  const { stdout } = await exec(
    lab,
    "app",
    [process.execPath, program],
    JSON.stringify({ url, credentials }),
  );
  return JSON.parse(stdout);
}
