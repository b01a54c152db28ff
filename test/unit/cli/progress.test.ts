import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { engineProgress } from "../../../cli/engine/progress.ts";
import { announceIfSlow, quietS } from "../../../cli/session/output.ts";

let said: string[];
beforeEach(() => {
  said = [];
  vi.useFakeTimers();
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  vi.spyOn(console, "error").mockImplementation((text) => said.push(text));
  Object.assign(process.stderr, { isTTY: false });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  Reflect.deleteProperty(process.stderr, "isTTY");
});

const step = (name: string) => ({ op: "create", type: "command:local:Command", urn: `urn:x::${name}` });
const begun = (name: string) => ({ resourcePreEvent: { metadata: step(name) } }) as unknown as EngineEvent;
const ended = (name: string) => ({ resOutputsEvent: { metadata: step(name) } }) as unknown as EngineEvent;
const diagnostic = (severity: string, message: string) =>
  ({ diagnosticEvent: { severity, message } }) as EngineEvent;

test("what the lab says while the engine runs it is passed on, and no other command's output", () => {
  const { onEvent, end } = engineProgress("lab: up");
  onEvent(diagnostic("info", "lab: building the machines' base image, once …\n"));
  onEvent(diagnostic("info", '{"live":"0123"}\n'));
  onEvent(diagnostic("debug", "lab: Registering resource\n"));
  onEvent(diagnostic("warning", "<{%fg 3%}>careful<{%reset%}>\n"));
  end();
  expect(said).toEqual(["    lab: building the machines' base image, once …", "  ! careful"]);
});

test("a warning that a host prints while it applies its bundle reaches the person, with the host's name", () => {
  const { onEvent, end } = engineProgress("lab: up");
  const urn = "urn:pulumi:lab::hapair::command:remote:Command::haproxy1-bundle";
  const warned = {
    severity: "info",
    urn,
    message: "  warning   no query gets through, as before the change: refused\n",
  };
  onEvent({ diagnosticEvent: warned } as EngineEvent);
  onEvent({ diagnosticEvent: { severity: "info", urn, message: "bundle 0123 is live\n" } } as EngineEvent);
  end();
  expect(said).toEqual(["  ! haproxy1: no query gets through, as before the change: refused"]);
});

test("without a terminal, a long step is announced while it runs, and a quick one is printed only at its end", () => {
  const { onEvent, end } = engineProgress("lab: up");
  onEvent(begun("quick"));
  onEvent(begun("slow"));
  vi.advanceTimersByTime(1000);
  onEvent(ended("quick"));
  vi.advanceTimersByTime(quietS * 1000);
  expect(said).toEqual(["  ✓ quick made 1.0 s", "  making slow …"]);
  onEvent(begun("never"));
  end();
  vi.advanceTimersByTime(quietS * 1000);
  expect(said).toHaveLength(2);
});

test("a long wait is announced, whatever its result", async () => {
  await announceIfSlow("waiting for one", Promise.resolve());
  const refused = announceIfSlow("waiting for two", Promise.reject(new Error("no")));
  await expect(refused).rejects.toThrow("no");
  const long = announceIfSlow(
    "waiting for three",
    new Promise((resolve) => setTimeout(resolve, quietS * 1000 + 1)),
  );
  await vi.advanceTimersByTimeAsync(quietS * 1000 + 1);
  await long;
  expect(said).toEqual(["waiting for three"]);
});
