import type { EgressGroupConfig } from "../../../topology/egressConfig.ts";
import { messageOf } from "../../errors.ts";
import type { EgressEvent } from "../election/verdict.ts";
import { appendHealthLog } from "./healthLog.ts";
import { type Fields, journalLine, type Priority } from "./journal.ts";
import { reportOf } from "./sentence.ts";

export interface Reporter {
  /** To the journal alone. */
  say(priority: Priority, sentence: string, fields?: Fields): void;
  /** An election's event, to the group's log and to the journal. */
  event(group: EgressGroupConfig, event: EgressEvent): void;
  /** What concerns every group, to their logs and to the journal. */
  everywhere(groups: readonly EgressGroupConfig[], sentence: string, fields: Fields): void;
  /** A trouble under its name: said when it begins or becomes another one, and when it is over (null). */
  trouble(name: string, sentence: string | null): void;
}

/** `write` takes lines of the journal; the logs are files in `folder`. */
export function openReporter(folder: string, write: (line: string) => void): Reporter {
  const troubles = new Map<string, string>();

  function say(priority: Priority, sentence: string, fields?: Fields): void {
    write(journalLine(priority, sentence, fields));
  }

  function trouble(name: string, sentence: string | null): void {
    const before = troubles.get(name);
    if (sentence === null) {
      if (troubles.delete(name)) say("notice", `${name}: works again`, { event: "trouble-over" });
      return;
    }
    troubles.set(name, sentence);
    if (before !== sentence) say("error", `${name}: ${sentence}`, { event: "trouble" });
  }

  function log(port: number, sentence: string): void {
    try {
      appendHealthLog(folder, port, new Date(), sentence);
      trouble("log", null);
    } catch (error) {
      trouble("log", messageOf(error));
    }
  }

  return {
    say,
    trouble,
    event: (group, event) => {
      const { priority, sentence, fields } = reportOf(group, event);
      log(group.port, sentence);
      say(priority, sentence, fields);
    },
    everywhere: (groups, sentence, fields) => {
      for (const { port } of groups) log(port, sentence);
      say("notice", sentence, fields);
    },
  };
}
