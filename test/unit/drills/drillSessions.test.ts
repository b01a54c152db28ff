import { spawn } from "node:child_process";
import { describe, expect, test } from "vitest";
import { followSessions } from "../../../drills/clients/sessions.ts";

/** Follows a process in the place of the clients with open sessions; `program` reads its stdin from `lines`. */
const follow = (program: string, signal = AbortSignal.timeout(10_000)) => {
  const lines = `const lines = require("node:readline").createInterface({ input: process.stdin });`;
  const child = spawn(process.execPath, ["-e", lines + program], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.on("error", () => undefined);
  return followSessions(child, signal);
};
const says = (text: string, then = "") =>
  `lines.on("line", (line) => { if (line === "wait") { process.stdout.write(${JSON.stringify(text)}); ${then} } });`;
const opens = `console.log("open");`;

describe("clients with open sessions", () => {
  test("are followed also where several lines come at once", async () => {
    const three = "asked waiting-1 1\nasked waiting-2 2\nasked waiting-3 3\nsettled waiting-1 4\n";
    const sessions = await follow(opens + says(three));
    expect(sessions.silent(0)).toEqual(["waiting-2", "waiting-3"]);
    sessions.close();
  });

  test("end the wait where they end, before their sessions are open or after", async () => {
    await expect(follow("process.exit()")).rejects.toThrow("ended before the drill stopped them");
    await expect(follow(opens + says("asked waiting-1 1\n", "process.exit();"))).rejects.toThrow(
      "ended before the drill stopped them",
    );
  });

  test("end the wait when the drill is interrupted", async () => {
    const interruption = new AbortController();
    const following = follow(opens, interruption.signal);
    interruption.abort(new Error("interrupted"));
    await expect(following).rejects.toThrow("interrupted");
  });
});
