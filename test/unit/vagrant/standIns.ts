import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { onTestFinished } from "vitest";

/** Programs that a test puts before those of this machine. */
export interface StandIns {
  readonly folder: string;
  /** @param script of sh; `$log` is the file that {@link calls} reads */
  put(name: string, script: string): void;
  /** Lines that the programs wrote to `$log`. */
  calls(): readonly string[];
}

/** Until the end of the test. */
export function standIns(): StandIns {
  const folder = mkdtempSync(join(tmpdir(), "hapair vagrant é"));
  const log = join(folder, "log");
  const { PATH } = process.env;
  process.env.PATH = `${folder}${delimiter}${PATH}`;
  onTestFinished(() => {
    process.env.PATH = PATH;
    rmSync(folder, { recursive: true });
  });
  writeFileSync(log, "");
  return {
    folder,
    put(name, script) {
      writeFileSync(join(folder, name), `#!/bin/sh\nlog='${log}'\n${script}\n`);
      chmodSync(join(folder, name), 0o755);
    },
    calls: () => readFileSync(log, "utf8").split("\n").filter(Boolean),
  };
}
