import type { EgressGroupConfig } from "../../../topology/egressConfig.ts";
import type { EgressEvent, SwitchWhy } from "../election/verdict.ts";
import type { Fields, Priority } from "./journal.ts";

/** An event in words: a server goes by its port there, as `hapair check` asks for it. */
export interface Report {
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

export function reportOf(group: EgressGroupConfig, event: EgressEvent): Report {
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
