/** syslog's priorities, as systemd reads them from the beginning of a line (sd-daemon(3)). */
const priorities = { error: 3, warning: 4, notice: 5, info: 6 } as const;

export type Priority = keyof typeof priorities;
export type Fields = Readonly<Record<string, string | number | null>>;

/** The daemon's log, which systemd takes into the journal. */
export interface Log {
  say(priority: Priority, sentence: string, fields?: Fields): void;
  /**
   * A problem by its name: logged when it begins, when its sentence changes, and when it is over (null). `over` says how it
   * ended, by default that the thing works again.
   */
  trouble(name: string, sentence: string | null, over?: string): void;
}

/** `write` takes one line. */
export function openLog(write: (line: string) => void): Log {
  const troubles = new Map<string, string>();

  function say(priority: Priority, sentence: string, fields?: Fields): void {
    write(journalLine(priority, sentence, fields));
  }

  return {
    say,
    trouble: (name, sentence, over = "works again") => {
      const before = troubles.get(name);
      if (sentence === null) {
        if (troubles.delete(name)) say("notice", `${name}: ${over}`, { event: "trouble-over" });
        return;
      }
      troubles.set(name, sentence);
      if (before !== sentence) say("error", `${name}: ${sentence}`, { event: "trouble" });
    },
  };
}

/** A sentence for people, followed by its facts as `key=value`; one line, whatever is in it. */
export function journalLine(priority: Priority, sentence: string, fields: Fields = {}): string {
  const facts = Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${key}=${/^[^\s"=]+$/.test(String(value)) ? value : JSON.stringify(value)}`);
  return `<${priorities[priority]}>${[sentence.replace(/\s+/g, " "), ...facts].join(" ")}`;
}
