import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import ora from "ora";
import { notes as pc } from "./colours.ts";

const verbs: Readonly<Record<string, readonly [doing: string, done: string]>> = {
  create: ["making", "made"],
  update: ["changing", "changed"],
  // The work of a replacement; the engine tells of the whole as one more step.
  "create-replacement": ["applying", "applied"],
  delete: ["removing", "removed"],
};

/** Tells on stderr what the engine is at, resource by resource, with the time each took. */
export function engineProgress(title: string): {
  readonly onEvent: (event: EngineEvent) => void;
  readonly end: (text?: string) => void;
} {
  const spinner = ora({ text: title, stream: process.stderr }).start();
  const running = new Map<string, number>();
  const line = (text: string) => {
    spinner.stop();
    console.error(text);
    if (process.stderr.isTTY) spinner.start();
  };
  const onEvent = (event: EngineEvent) => {
    const started = event.resourcePreEvent?.metadata;
    const ended = event.resOutputsEvent?.metadata;
    const trouble = event.diagnosticEvent;
    if (started && verbs[started.op] && isWork(started.type)) {
      running.set(started.urn, Date.now());
      spinner.text = `${title}: ${verbs[started.op]?.[0]} ${nameOf(started.urn)}`;
    }
    if (ended && verbs[ended.op] && isWork(ended.type)) {
      const seconds = (Date.now() - (running.get(ended.urn) ?? Date.now())) / 1000;
      line(
        `  ${pc.green("✓")} ${nameOf(ended.urn)} ${verbs[ended.op]?.[1]} ${pc.dim(`${seconds.toFixed(1)} s`)}`,
      );
    }
    if (trouble && (trouble.severity === "error" || trouble.severity === "warning")) {
      line(
        `  ${trouble.severity === "error" ? pc.red("✗") : pc.yellow("!")} ${stripMarks(trouble.message).trim()}`,
      );
    }
  };
  return {
    onEvent,
    end: (text) => {
      spinner.stop();
      if (text) console.error(text);
    },
  };
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
