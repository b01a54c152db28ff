import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../../base/failure.ts";
import type { EgressGroupConfig } from "../../../contract/egressConfig.ts";
import type { Fields, Log, Priority } from "../../daemon/log.ts";
import type { EgressEvent, SwitchWhy } from "../election/verdict.ts";

/** The daemon's log and, beside it, a log file for each group. */
export interface Reporter extends Log {
  /** An election's event, to the group's file and to the log. */
  event(group: EgressGroupConfig, event: EgressEvent): void;
  /** What concerns several groups, to their files and to the log. */
  everywhere(groups: readonly EgressGroupConfig[], sentence: string, fields: Fields): void;
}

/** The groups' files are in `folder`. */
export function openReporter(folder: string, log: Log): Reporter {
  function append(port: number, sentence: string): void {
    try {
      appendHealthLog(folder, port, new Date(), sentence);
      log.trouble("log", null);
    } catch (error) {
      log.trouble("log", messageOf(error));
    }
  }

  return {
    ...log,
    event: (group, event) => {
      const { priority, sentence, fields } = reportOf(group, event);
      append(group.port, sentence);
      log.say(priority, sentence, fields);
    },
    everywhere: (groups, sentence, fields) => {
      for (const { port } of groups) append(port, sentence);
      log.say("notice", sentence, fields);
    },
  };
}

/**
 * Appends to a group's log, which is named by its client port. The file is opened for each line, so that rotation needs
 * no signal. Throws the file's error.
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

/** An event as a sentence, in which a server is named by its port, as in `hapair check`. */
interface Report {
  readonly priority: Priority;
  readonly sentence: string;
  readonly fields: Fields;
}

/** What each reason for a switch means. */
const whyWords: Readonly<Record<SwitchWhy, string>> = {
  first: "first choice",
  failed: "the previous one failed",
  maint: "the previous one is in maintenance",
  better: "lower latency",
  recovered: "works again",
  removed: "the previous one left the config",
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
