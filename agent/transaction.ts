/**
 * The course of an apply. Every step may be repeated, and the steps back are the same ones with the previous
 * bundle as their target: a killed run is finished by running them again.
 */
export const steps = [
  "journal",
  "keep",
  "retire",
  "swap",
  "link",
  "enable",
  "activate",
  "prove",
  "confirm",
] as const;
export type Step = (typeof steps)[number];
export type Direction = "forward" | "back";

export type State =
  | { readonly at: "step"; readonly direction: "forward"; readonly step: Step }
  | {
      readonly at: "step";
      readonly direction: "back";
      readonly step: Step;
      /** Why it turned back. */
      readonly reason: string;
      /** What went wrong on the way back. */
      readonly troubles: readonly string[];
    }
  | { readonly at: "applied" }
  /** The previous bundle is live again. */
  | { readonly at: "restored"; readonly reason: string }
  /** Neither bundle works as it should: somebody must look. */
  | { readonly at: "stuck"; readonly reason: string; readonly troubles: readonly string[] };

export const begin: State = { at: "step", direction: "forward", step: "journal" };

/** The state after the present step ended well (`failure` undefined) or did not. */
export function next(state: State, failure: string | undefined): State {
  if (state.at !== "step") return state;
  if (state.direction === "forward") {
    if (failure !== undefined)
      return { at: "step", direction: "back", step: "journal", reason: failure, troubles: [] };
    const step = following(state.step);
    return step ? { ...state, step } : { at: "applied" };
  }
  // On the way back one step's trouble must not keep the others from being done.
  const troubles = failure === undefined ? state.troubles : [...state.troubles, failure];
  const step = following(state.step);
  if (step !== undefined && !(step === "confirm" && troubles.length > 0)) return { ...state, step, troubles };
  const { reason } = state;
  return troubles.length === 0 ? { at: "restored", reason } : { at: "stuck", reason, troubles };
}

function following(step: Step): Step | undefined {
  return steps[steps.indexOf(step) + 1];
}
