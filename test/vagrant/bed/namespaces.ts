import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Failure } from "../../../base/failure.ts";

export interface Namespaces {
  /** The start of a command line: what follows it runs inside, in this folder. */
  entering(folder: string): string[];
  /** Ends every process inside; resolves when none is left. */
  close(): Promise<void>;
}

const script = join(import.meta.dirname, "namespaces.sh");

/**
 * Opens namespaces for network, mounts, processes and shared memory. This host's own network and processes see nothing
 * of what is inside. All of it ends with this process too, however that ends.
 * @param folder for what the system keeps on disk inside
 * @param links the laptop's network, as namespaces.sh has it
 */
export async function openNamespaces(folder: string, links: readonly string[]): Promise<Namespaces> {
  const own = ["--net", "--mount", "--pid", "--ipc", "--fork", "--kill-child=SIGKILL"];
  const argv = [...own, "--propagation", "private", "--mount-proc", "bash", script, folder, ...links];
  const child = spawn("unshare", argv, { stdio: ["pipe", "pipe", "pipe"] });
  const ended = once(child, "exit");
  const problem = text(child.stderr);
  const started = await Promise.race([once(child.stdout, "data"), ended.then(() => undefined)]);
  if (started === undefined) throw new Failure(`The bed's namespaces could not be made: ${await problem}`);
  // The pid on this host of the first process inside.
  const first = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim();
  return {
    entering: (folder) => [
      ...["nsenter", "--target", first, "--net", "--mount", "--pid", "--ipc", `--wdns=${folder}`],
      "--",
    ],
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
