/** syslog's priorities, as systemd reads them from the beginning of a line (sd-daemon(3)). */
const priorities = { error: 3, warning: 4, notice: 5, info: 6 } as const;

export type Priority = keyof typeof priorities;
export type Fields = Readonly<Record<string, string | number | null>>;

/** A sentence for people with its facts as `key=value` behind it; one line, whatever is in it. */
export function journalLine(priority: Priority, sentence: string, fields: Fields = {}): string {
  const facts = Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${key}=${/^[^\s"=]+$/.test(String(value)) ? value : JSON.stringify(value)}`);
  return `<${priorities[priority]}>${[sentence.replace(/\s+/g, " "), ...facts].join(" ")}`;
}
