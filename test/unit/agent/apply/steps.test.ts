import { describe, expect, test } from "vitest";
import { begin, next, type State, steps, stepsBack } from "../../../../agent/apply/steps.ts";

describe("the course of a transaction", () => {
  test("is every step once where none fails", () => {
    const taken: string[] = [];
    let state: State = begin;
    while (state.at === "step") {
      taken.push(state.step);
      state = next(state, undefined);
    }
    expect(taken).toEqual(steps);
    expect(state).toEqual({ at: "applied" });
  });

  test.each(steps)("turns back when %s fails, and takes every step of the way back", (failing) => {
    let state: State = begin;
    const back: string[] = [];
    while (state.at === "step") {
      if (state.direction === "back") back.push(state.step);
      state = next(state, state.direction === "forward" && state.step === failing ? "why" : undefined);
    }
    expect(back).toEqual(stepsBack);
    expect(state).toEqual({ at: "restored", reason: "why" });
  });

  test.each(stepsBack)("is stuck when %s fails on the way back, and takes the other steps", (failing) => {
    let state: State = next(begin, "why");
    const back: string[] = [];
    while (state.at === "step") {
      back.push(state.step);
      state = next(state, state.step === failing ? "and that" : undefined);
    }
    expect(back).toEqual(stepsBack);
    expect(state).toEqual({ at: "stuck", reason: "why", troubles: ["and that"] });
  });
});
