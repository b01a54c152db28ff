import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../../base/failure.ts";
import type { EgressGroupConfig } from "../../../contract/egressConfig.ts";
import { type Fields, journalLine, type Priority } from "../../daemon/log.ts";
import type { EgressEvent, SwitchWhy } from "../election/verdict.ts";

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

/**
 * Appends to a group's log, which is named after its client port. Opened for each line: a rotated file needs no
 * signal. Throws the file's error.
 */
function appendHealthLog(folder: string, port: number, at: Date, sentence: string): void {
  appendFileSync(join(folder, `haproxy_health_${port}.log`), `${healthLogLine(at, sentence)}\n`);
}

/** `[2025-10-18 23:11:42] sentence`, in the host's own time zone. */
export function healthLogLine(at: Date, sentence: string): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
  return `[${day} ${time}] ${sentence.replace(/\s+/g, " ")}`;
}

/** An event in words: a server goes by its port there, as `hapair check` asks for it. */
interface Report {
  readonly priority: Priority;
  readonly sentence: string;
  readonly fields: Fields;
}

/** What each reason for a switch means. */
const whyWords: Readonly<Record<SwitchWhy, string>> = {
  first: "first choice",
  failed: "the one before failed",
  maint: "the one before is in maintenance",
  better: "lower latency",
  recovered: "works again",
  removed: "the one before left the config",
};

/** A remembered reason in the words of the log; one of a later version as it is. */
export function inWords(why: string): string {
  return Object.hasOwn(whyWords, why) ? whyWords[why as SwitchWhy] : why;
}

function reportOf(group: EgressGroupConfig, event: EgressEvent): Report {
  const port = (name: string): string =>
    String(group.servers.find((server) => server.name === name)?.port ?? name);
  switch (event.kind) {
    case "state":
      return {
        priority: event.to === "online" ? "notice" : "warning",
        sentence: `Backend ${port(event.server)} is ${event.to}${event.cause === null ? "" : ` (${event.cause})`}`,
        fields: {
          event: "state",
          group: group.name,
          server: event.server,
          from: event.from,
          to: event.to,
          cause: event.cause,
        },
      };
    case "switch":
      return {
        priority: "notice",
        sentence: `Switched ${event.from === null ? "" : `from ${port(event.from)} `}to ${port(event.to)} (${whyWords[event.why]})`,
        fields: { event: "switch", group: group.name, from: event.from, to: event.to, why: event.why },
      };
    case "flap":
      return {
        priority: "warning",
        sentence: `Backend ${port(event.server)} failed again (${event.failures} times): not preferred for ${Math.round(event.holdDownMs / 1000)} s`,
        fields: { event: "flap", group: group.name, server: event.server, failures: event.failures },
      };
  }
}
