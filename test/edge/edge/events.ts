import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { RouteEvent } from "../../../contract/routes/event.ts";
import { execArgv } from "../../../lab/machine/exec.ts";
import { access, addressOf, type RoutesLab } from "./routesLab.ts";

type Told<Type extends RouteEvent["type"]> = Extract<RouteEvent, { readonly type: Type }>;

/** A client of `GET /api/events`. */
export interface Following {
  /** What it was told so far, of one type. */
  of<Type extends RouteEvent["type"]>(type: Type): readonly Told<Type>[];
  stop(): Promise<void>;
}

/** curl on the application server follows the events of a node, by the node's own address. Resolves once it is told them. */
export async function followEvents(lab: RoutesLab, node: string): Promise<Following> {
  const { ca, token } = access(lab).inside;
  const authority = join(lab.stack.home.folder, "events-authority.pem");
  writeFileSync(authority, ca);
  const [file = "", ...args] = execArgv(lab.lab, "app", [
    ...["curl", "--silent", "--show-error", "--no-buffer", "--cacert", authority, "--config", "-"],
    `https://${addressOf(node)}:8407/api/events`,
  ]);
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  const exit = once(child, "exit");
  child.stdin.end(`header = "Authorization: Bearer ${token}"\n`);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  const told = () =>
    [...text.matchAll(/^event: (.*)\ndata: (.*)\n\n/gm)].map(([, name, data = ""]) => {
      const event = RouteEvent.parse(JSON.parse(data));
      expect(event.type).toBe(name);
      return event;
    });
  const of = <Type extends RouteEvent["type"]>(type: Type) =>
    told().filter((event): event is Told<Type> => event.type === type);
  const stop = async () => {
    child.kill();
    await exit;
  };
  try {
    await expect.poll(() => of("table").length, { timeout: 10_000 }).toBe(1);
  } catch (error) {
    await stop();
    throw error;
  }
  return { of, stop };
}
