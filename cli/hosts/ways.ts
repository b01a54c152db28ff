import { join } from "node:path";
import { execa } from "execa";
import { laptopName } from "../../contract/laptop.ts";
import type { Connection, StackOutputs } from "../../contract/stackOutputs.ts";
import { root } from "../session/home.ts";

/** How a host's program is reached: by SSH, or, for the pool on the laptop, as a program of the project here. */
export type Way = Connection | typeof here;

export const here = "here";

export type Ways = Readonly<Record<string, Way>>;

/** The hosts of a stack that is up, each with its way. */
export function waysTo({ ssh, pairs }: Pick<StackOutputs, "ssh" | "pairs">): Ways {
  const names = Object.values(pairs).flatMap(({ bundles }) => Object.keys(bundles));
  return names.includes(laptopName) ? { [laptopName]: here, ...ssh } : ssh;
}

/** What a program answered. */
export interface Answer {
  /** Why it failed, in a few words; undefined where it succeeded. */
  readonly failure: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a verb of the laptop's program.
 * @param timeoutMs it is asked to end after this long, and counts as failed
 */
export async function runLaptop(
  verb: readonly string[],
  { timeoutMs, stdin = "" }: { readonly timeoutMs: number; readonly stdin?: string },
): Promise<Answer> {
  const ran = await execa(process.execPath, [join(root, "laptop/main.ts"), ...verb], {
    reject: false,
    input: stdin,
    timeout: timeoutMs,
  });
  return {
    failure: ran.failed ? ran.shortMessage : undefined,
    stdout: ran.stdout,
    stderr: ran.stderr.replaceAll(/^laptop: /gm, ""),
  };
}
