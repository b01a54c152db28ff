import { readFileSync } from "node:fs";
import type * as z from "zod";
import { AgentError, exitStatuses, messageOf } from "../errors.ts";
import { own, replaceFile } from "./durable.ts";
import { statsOf } from "./present.ts";

/** Reads a JSON record of the store; undefined where there is none. */
export function readRecord<Shape extends z.ZodType>(path: string, shape: Shape): z.output<Shape> | undefined {
  if (statsOf(path) === undefined) return undefined;
  try {
    return shape.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    // Records are replaced whole: only a hand or a broken disk leaves one like this.
    throw new AgentError(
      exitStatuses.needsHuman,
      `${path} cannot be read (${messageOf(error)}): move it away and apply again`,
    );
  }
}

/** Replaces a JSON record that only root reads; on disk when this returns. */
export function writeRecord(path: string, record: object): void {
  replaceFile(path, `${JSON.stringify(record, null, 2)}\n`, own(0o600));
}
