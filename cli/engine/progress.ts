import type { DiagnosticEvent, EngineEvent } from "@pulumi/pulumi/automation/index.js";
import ora from "ora";
import { notes as pc, quietS } from "../session/output.ts";

const verbs: Readonly<Record<string, readonly [doing: string, done: string]>> = {
  create: ["making", "made"],
  update: ["changing", "changed"],
  // The work of a replacement; the engine tells of the whole as one more step.
  "create-replacement": ["applying", "applied"],
  delete: ["removing", "removed"],
};

const marks: Readonly<Record<string, string>> = { error: pc.red("✗"), warning: pc.yellow("!") };

/** A step under way: since when, ms; and what tells of it where no line turns. */
interface Running {
  readonly sinceMs: number;
  readonly telling: NodeJS.Timeout | undefined;
}

/**
 * Tells on stderr what the engine is at, resource by resource, with the time each took: by a line that turns on a
 * terminal, elsewhere by one for what takes long; and what the lab says while it is at work.
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
      const telling = process.stderr.isTTY ? undefined : setTimeout(line, quietS * 1000, `  ${doing} …`);
      running.set(started.urn, { sinceMs: Date.now(), telling });
    }
    if (ended && verbs[ended.op] && isWork(ended.type)) {
      const { sinceMs = Date.now(), telling } = running.get(ended.urn) ?? {};
      clearTimeout(telling);
      const seconds = (Date.now() - sinceMs) / 1000;
      line(
        `  ${pc.green("✓")} ${nameOf(ended.urn)} ${verbs[ended.op]?.[1]} ${pc.dim(`${seconds.toFixed(1)} s`)}`,
      );
    }
    const mark = said && (marks[said.severity] ?? (isOfLab(said) ? " " : undefined));
    if (mark) line(`  ${mark} ${stripMarks(said.message).trim()}`);
  };
  return {
    onEvent,
    end: () => {
      spinner.stop();
      for (const { telling } of running.values()) clearTimeout(telling);
    },
  };
}

/** Other commands' output is their result. */
function isOfLab({ severity, message }: DiagnosticEvent): boolean {
  return severity === "info" && message.startsWith("lab: ");
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
