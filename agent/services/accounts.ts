import { join } from "node:path";
import { mustRun } from "../host/mustRun.ts";
import type { System } from "../host/system.ts";
import { type Candidate, type Change, complaintOf, type Service, type UnitAction } from "./service.ts";

const users = "etc/sysusers.d/";
const temporaries = "etc/tmpfiles.d/";

/** System users and their files below /run; units and daemons need both. */
export const accounts: Service = {
  name: "accounts",
  complaint,
  activate,
};

/** Only the users are checked: tmpfiles.d may name users that the bundle itself creates. */
async function complaint(candidate: Candidate): Promise<string | undefined> {
  const { host, folder, files } = candidate;
  for (const { path } of files.filter((file) => file.path.startsWith(users))) {
    const found = complaintOf(
      candidate,
      await host.run("systemd-sysusers", ["--dry-run", `${folder}/${path}`]),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A user that is no longer declared stays, as it may own files. */
async function activate({ host, files }: Change): Promise<readonly UnitAction[]> {
  const of = (folder: string): string[] =>
    files.filter(({ path }) => path.startsWith(folder)).map(({ path }) => join("/", path));
  await make(host, "systemd-sysusers", [], of(users));
  await make(host, "systemd-tmpfiles", ["--create"], of(temporaries));
  return [];
}

/** Without a file name both programs would read every file of the host. */
async function make(
  host: System,
  program: string,
  options: readonly string[],
  paths: readonly string[],
): Promise<void> {
  if (paths.length === 0) return;
  await mustRun(host, program, [...options, ...paths]);
}
