import { describe, expect, test } from "vitest";
import { openClosings } from "../../../../agent/egress/act/closings.ts";
import type { RuntimeClient } from "../../../../agent/haproxy/runtime.ts";
import { RuntimeError } from "../../../../agent/haproxy/runtime.ts";
import { closeEverywhere } from "../../../../agent/haproxy/sessions.ts";
import { RecordedHaproxy } from "../haproxy/runtimeFixtures.ts";

const backends = ["egress-main", "egress-main-unchecked"];

/** Closings on a haproxy that does not answer some commands. */
class Closing {
  readonly haproxy = new RecordedHaproxy(["wg1", "wg2"]);
  readonly reported: [string, string | null][] = [];
  private silent: RegExp | undefined;
  private held: Promise<void> | undefined;
  private readonly closings;

  constructor() {
    const ask = async (command: string): Promise<string> => {
      const answer = this.haproxy.answer(command);
      await this.held;
      if (this.silent?.test(command)) throw new RuntimeError("timeout", `no answer to "${command}"`);
      return answer;
    };
    const client: RuntimeClient = {
      ask,
      do: async (command) => void (await ask(command)),
    };
    this.closings = openClosings(
      (server) => closeEverywhere(server, backends, { runtime: client, master: client }),
      (server, problem) => this.reported.push([server, problem]),
    );
  }

  died(server: string): void {
    this.closings.add(server);
  }

  /** One round while these servers are dead; resolves to the commands that haproxy got. */
  async round(dead: readonly string[], silent?: RegExp, held?: Promise<void>): Promise<readonly string[]> {
    this.silent = silent;
    this.held = held;
    const from = this.haproxy.commands.length;
    await this.closings.turn((server) => dead.includes(server));
    return this.haproxy.commands.slice(from);
  }
}

const everything = [
  "shutdown sessions server egress-main/wg1",
  "shutdown sessions server egress-main-unchecked/wg1",
  "show proc",
  "@!591 show sess",
  "@!591 shutdown session 0x7fd3973ff400",
];

describe("sessions on a dead server", () => {
  test("are closed once, in both backends, and one by one in old workers", async () => {
    const closing = new Closing();
    closing.died("wg1");
    expect(await closing.round(["wg1"])).toEqual(everything);
    expect(await closing.round(["wg1"])).toEqual([]);
    expect(closing.reported).toEqual([["wg1", null]]);
  });

  test("are closed everywhere else where one place does not answer, and everywhere again in the next round", async () => {
    const closing = new Closing();
    closing.died("wg1");
    expect(await closing.round(["wg1"], /egress-main\/wg1/)).toEqual(everything);
    expect(await closing.round(["wg1"])).toEqual(everything);
    expect(await closing.round(["wg1"])).toEqual([]);
    expect(closing.reported).toEqual([
      ["wg1", `no answer to "${everything[0]}"`],
      ["wg1", null],
    ]);
  });

  test("are tried in an old worker in every round while the server is dead", async () => {
    const closing = new Closing();
    closing.died("wg1");
    await closing.round(["wg1"], /@!591/);
    for (let round = 0; round < 3; round += 1)
      expect(await closing.round(["wg1"], /@!591/)).toEqual(everything.slice(0, 4));
    expect(await closing.round([])).toEqual([]);
    expect(await closing.round(["wg1"])).toEqual([]);
  });

  test("are not closed twice at the same time; where the server died again meanwhile, they are closed again", async () => {
    const closing = new Closing();
    closing.died("wg1");
    const answers = Promise.withResolvers<void>();
    const first = closing.round(["wg1"], undefined, answers.promise);
    closing.died("wg1");
    expect(await closing.round(["wg1"])).toEqual([]);
    answers.resolve();
    expect(await first).toEqual(everything);
    expect(await closing.round(["wg1"])).toEqual(everything);
  });
});
