/** The steps of the way back: the same ones as forward, with the previous bundle as their target. */
export const stepsBack = ["retire", "swap", "link", "enable", "activate", "prove"] as const;
type StepBack = (typeof stepsBack)[number];

/** The steps of an apply. Each may be repeated: a killed run is finished by running them all again. */
export const steps = ["mend", ...stepsBack, "confirm"] as const;
export type Step = (typeof steps)[number];
export type Direction = "forward" | "back";

export type State =
  | { readonly at: "step"; readonly direction: "forward"; readonly step: Step }
  | {
      readonly at: "step";
      readonly direction: "back";
      readonly step: StepBack;
      /** Why it turned back. */
      readonly reason: string;
      /** What went wrong on the way back. */
      readonly troubles: readonly string[];
    }
  | { readonly at: "applied" }
  /** The previous bundle is live again. */
  | { readonly at: "restored"; readonly reason: string }
  /** Neither bundle works as it should: a person has to repair the host. */
  | { readonly at: "stuck"; readonly reason: string; readonly troubles: readonly string[] };

export const begin: State = { at: "step", direction: "forward", step: steps[0] };

/** The state after the current step has succeeded (`failure` undefined) or failed. */
export function next(state: State, failure: string | undefined): State {
  if (state.at !== "step") return state;
  if (state.direction === "forward") {
    if (failure !== undefined)
      return { at: "step", direction: "back", step: stepsBack[0], reason: failure, troubles: [] };
    const step = following(steps, state.step);
    return step ? { ...state, step } : { at: "applied" };
  }
  // On the way back a step that fails must not stop the others.
  const troubles = failure === undefined ? state.troubles : [...state.troubles, failure];
  const step = following(stepsBack, state.step);
  if (step !== undefined) return { ...state, step, troubles };
  const { reason } = state;
  return troubles.length === 0 ? { at: "restored", reason } : { at: "stuck", reason, troubles };
}

function following<One>(list: readonly One[], step: One): One | undefined {
  return list[list.indexOf(step) + 1];
}
