import type { DiagnosticEvent, EngineEvent } from "@pulumi/pulumi/automation/index.js";
import ora from "ora";
import { notes as pc, quietS } from "../session/output.ts";

const verbs: Readonly<Record<string, readonly [doing: string, done: string]>> = {
  create: ["making", "made"],
  update: ["changing", "changed"],
  // The work of a replacement; the engine reports the replacement as a whole in one more step.
  "create-replacement": ["applying", "applied"],
  delete: ["removing", "removed"],
};

const marks: Readonly<Record<string, string>> = { error: pc.red("✗"), warning: pc.yellow("!") };

/** A step under way: since when, ms since the epoch; and the timer that announces it where there is no spinner. */
interface Running {
  readonly sinceMs: number;
  readonly announcement: NodeJS.Timeout | undefined;
}

/**
 * Prints on stderr what the engine does, resource by resource with the time that each took, and the lab's messages. A
 * terminal shows a spinner; elsewhere a line announces what takes long.
 */
export function engineProgress(title: string): {
  readonly onEvent: (event: EngineEvent) => void;
  readonly end: () => void;
} {
  const spinner = ora({ text: title, stream: process.stderr }).start();
  const running = new Map<string, Running>();
  const line = (text: string) => {
    spinner.stop();
    console.error(text);
    if (process.stderr.isTTY) spinner.start();
  };
  const onEvent = (event: EngineEvent) => {
    const started = event.resourcePreEvent?.metadata;
    const ended = event.resOutputsEvent?.metadata;
    const said = event.diagnosticEvent;
    if (started && verbs[started.op] && isWork(started.type)) {
      const doing = `${verbs[started.op]?.[0]} ${nameOf(started.urn)}`;
      spinner.text = `${title}: ${doing}`;
      const announcement = process.stderr.isTTY ? undefined : setTimeout(line, quietS * 1000, `  ${doing} …`);
      running.set(started.urn, { sinceMs: Date.now(), announcement });
    }
    if (ended && verbs[ended.op] && isWork(ended.type)) {
      const { sinceMs = Date.now(), announcement } = running.get(ended.urn) ?? {};
      clearTimeout(announcement);
      const seconds = (Date.now() - sinceMs) / 1000;
      line(
        `  ${pc.green("✓")} ${nameOf(ended.urn)} ${verbs[ended.op]?.[1]} ${pc.dim(`${seconds.toFixed(1)} s`)}`,
      );
    }
    const message = said && messageOf(said);
    if (message) line(message);
  };
  return {
    onEvent,
    end: () => {
      spinner.stop();
      for (const { announcement } of running.values()) clearTimeout(announcement);
    },
  };
}

/**
 * A message of the engine for a person, as a line; undefined for what is none. The output of a command is its result,
 * not a message, except for the lab's progress and a host's warnings.
 */
function messageOf({ severity, message, urn }: DiagnosticEvent): string | undefined {
  const text = stripMarks(message).trim();
  const warning = severity === "info" && /^warning:?\s+(.+)/s.exec(text)?.[1];
  if (warning) return `  ${marks.warning} ${nameOf(urn ?? "").replace(/-[a-z]+$/, "")}: ${warning}`;
  const mark =
    marks[severity] ?? (severity === "info" && /^(lab|vagrant|laptop): /.test(text) ? " " : undefined);
  return mark && `  ${mark} ${text}`;
}

/** Components stand for their children and do nothing themselves. */
function isWork(type: string): boolean {
  return type.startsWith("command:");
}

function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? urn;
}

/** The engine marks colours as `<{%fg 1%}>`. */
function stripMarks(text: string): string {
  return text.replaceAll(/<\{%.*?%\}>/g, "");
}
