import { existsSync, readFileSync, renameSync } from "node:fs";
import * as z from "zod";
import { messageOf } from "../../base/failure.ts";
import { own, replaceFile } from "../store/durable.ts";
import type { Log } from "./log.ts";

const version = 1;

/** One JSON object: the version, and a section for each thing that a part remembers. */
const Remembered = z.looseObject({ version: z.literal(version) });

/** What the daemon remembers over a restart, for its parts. */
export interface StateFile {
  /**
   * A section as its schema has it; undefined where there is none. A file with a section that the schema refuses is set
   * aside, and the log says so.
   */
  read<Shape extends z.ZodType>(section: string, shape: Shape): z.output<Shape> | undefined;
  /**
   * Replaces these sections. On disk when this returns; readers see the old file or the new one. False where it cannot
   * be written, which the log says; never throws.
   */
  write(sections: Readonly<Record<string, unknown>>): boolean;
}

/** A file of another version, or one that is damaged, is set aside under another name, and the log says so. */
export function openStateFile(path: string, log: Log): StateFile {
  let sections: Readonly<Record<string, unknown>> = {};
  try {
    if (existsSync(path)) {
      const { version: _, ...found } = Remembered.parse(JSON.parse(readFileSync(path, "utf8")));
      sections = found;
    }
  } catch (error) {
    setAside(path, error, log);
  }

  return {
    read: (section, shape) => {
      if (sections[section] === undefined) return undefined;
      const { success, data, error } = shape.safeParse(sections[section]);
      if (success) return data;
      setAside(path, error, log);
      return undefined;
    },
    write: (changed) => {
      sections = { ...sections, ...changed };
      try {
        replaceFile(path, `${JSON.stringify({ version, ...sections })}\n`, own(0o600));
        log.trouble("state file", null);
        return true;
      } catch (error) {
        log.trouble("state file", messageOf(error));
        return false;
      }
    },
  };
}

function setAside(path: string, error: unknown, log: Log): void {
  const reason = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
  const why = `${path} is not what this version writes (${reason.replace(/\s+/g, " ").slice(0, 200)})`;
  try {
    renameSync(path, `${path}.unreadable`);
    log.say("warning", `${why}: it is kept as ${path}.unreadable, the measurements start from nothing`);
  } catch (failure) {
    log.say(
      "warning",
      `${why} and cannot be set aside (${messageOf(failure)}): the measurements start from nothing`,
    );
  }
}
